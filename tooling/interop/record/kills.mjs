// Repeats the tests of kills and of many commands at once in the numbers that only a long trial has time for.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const TESTS = ['record-kills', 'record-faults'].map((name) => `packages/writer-cli/test/${name}.test.ts`)
/** Kills of each kind: of the command, of the recorder, of both, before the settings are read, and while a run is stored. */
const KILLS = 100
const AT_ONCE = 50

export function checkKills(check) {
  const env = { ...process.env, CI: '1', FORGE_RECORD_KILLS: String(KILLS), FORGE_RECORD_AT_ONCE: String(AT_ONCE) }
  const { status, stdout } = spawnSync('npx', ['vitest', 'run', ...TESTS, '--reporter=dot'], {
    cwd: root,
    env,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  check(
    `${KILLS} kills of each kind, and ${AT_ONCE} commands at once on one file, each end as one row`,
    status === 0 ? undefined : stdout.slice(-3000),
  )
}
