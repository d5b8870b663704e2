// @module-tag many-calls
import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { LONG_HOOK_MS, samplesDirectory } from '@forge/fixtures'
import { newFolder } from '@forge/writer-core/testing'
import stringWidth from 'string-width'
import { beforeAll, describe, expect, test } from 'vitest'
import { runCli } from './run-cli.ts'

let cwd = ''
beforeAll(async () => {
  cwd = newFolder()
  await cp(join(samplesDirectory, 'dbt'), join(cwd, 'dbt'), { recursive: true })
  await writeFile(join(cwd, 'rules.yaml'), `- duration_secs >= 0\n- {rule: range, column: duration_secs, max: 1}\n`)
  const { code, stderr } = await runCli(['ingest', 'dbt'], { cwd })
  if (code !== 0) throw new Error(stderr)
}, LONG_HOOK_MS)

/** Commands whose output depends on the samples alone. */
const STABLE: readonly (readonly string[])[] = [
  ['ingest', 'dbt'],
  ['show', '-n', '5'],
  ['show', '--runs'],
  ['query', '--failed'],
  ['query', '-c', 'run_id,step_name,error_message', '-n', '3'],
  ['status'],
  ['pipelines'],
  ['runs'],
  ['run', 'view', 'cfbc1db9', '-n', '5'],
  ['why', '5b7ab67d'],
  ['summary', '--top', '3'],
  ['trends', '--days', '2000', '--bucket', 'week', '-n', '3'],
  ['compare', 'cfbc1db9', '7ee58a18', '-n', '5'],
  ['check', '-r', 'rules.yaml'],
  ['profile', '-c', 'step_name,duration_secs,start_time'],
  ['anomalies', '--since', '2021-01-01', '--dry-run'],
  ['sla', '--max-duration', '10', '--days', '3000', '--pipeline', '*'],
  ['backtest'],
  ['feedback'],
  ['alerts', 'list'],
  ['quarantine', 'list'],
]

/** Commands that also print paths, sizes, or times of the file itself. */
const OTHERS: readonly (readonly string[])[] = [
  ['config'],
  ['info'],
  ['history'],
  ['doctor'],
  ['prune', '--dry-run', '--keep-days', '90'],
]

describe.each([80, 120, 200])('in a terminal of %i columns', (columns) => {
  test.each([...STABLE, ...OTHERS].map((argv) => [argv.join(' '), argv] as const))('%s fits', async (_name, argv) => {
    const { code, stdout, stderr } = await runCli(argv, { cwd, columns })
    expect([0, 3], stderr).toContain(code)
    const lines = stripVTControlCharacters(stdout).split('\n')
    expect(lines.filter((line) => stringWidth(line) > columns && line.trim().includes(' '))).toEqual([])
    if (STABLE.includes(argv)) expect(lines.join('\n')).toMatchSnapshot()
  })
})

test.each(STABLE.map((argv) => [argv.join(' '), argv] as const))('in a pipe %s is not cut', async (_name, argv) => {
  const { stdout } = await runCli(argv, { cwd })
  expect(stdout).toMatchSnapshot()
})
