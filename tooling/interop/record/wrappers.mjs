// Runs the same cases under each wrapper and prints a table. Only `record` must pass them all; what the others do is shown.
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CASES } from './cases.mjs'
import { debianProgram, npmProgram } from './install.mjs'

export const BIN = fileURLToPath(new URL('../../../packages/writer-cli/dist/forge-writer.cjs', import.meta.url))
const OURS = 'record'

/**
 * Returns the wrappers, with the words before the command. `env` is what they need to start at all. Their own files are in the folder: runstat replaces
 * its file, which must not be a device.
 */
function wrappers(folder) {
  const sentry = npmProgram('sentry@0.49.0', 'sentry')
  const chronic = debianProgram('moreutils', 'usr/bin/chronic')
  const cronic = debianProgram('cronic', 'usr/bin/cronic')
  const runstat = debianProgram('cronutils', 'usr/bin/runstat')
  const runalarm = debianProgram('cronutils', 'usr/bin/runalarm')
  const time = debianProgram('time', 'usr/bin/time')
  return [
    { name: OURS, words: [process.execPath, BIN, 'record', '--'] },
    // A server that does not answer: the wrapper may not let the command feel it.
    {
      name: 'sentry',
      words: sentry && [sentry, 'monitor', 'run', 'job', '--'],
      env: { SENTRY_DSN: 'http://key@127.0.0.1:9/1' },
    },
    { name: 'chronic', words: chronic && [chronic] },
    { name: 'cronic', words: cronic && [cronic] },
    { name: 'runstat', words: runstat && [runstat, '-f', join(folder, 'runstat.csv')] },
    { name: 'runalarm', words: runalarm && [runalarm, '-t', '600'] },
    { name: 'GNU time', words: time && [time, '-o', join(folder, 'time.txt')] },
    { name: 'timeout', words: existsSync('/usr/bin/timeout') ? ['/usr/bin/timeout', '600'] : undefined },
  ]
}

export async function compareWrappers(folder, check) {
  const known = wrappers(folder)
  for (const { name, words } of known) if (!words) process.stdout.write(`skipped: ${name}: cannot be installed\n`)
  process.stdout.write('skipped: runitor, cronitor-cli, otel-cli: not in the registries\n')
  const present = known.filter(({ words }) => words)
  const rows = []
  for (const { name, run } of CASES) {
    const row = { case: name }
    for (const wrapper of present) {
      const cwd = join(folder, `${wrapper.name}-${rows.length}`.replaceAll(' ', '-'))
      await mkdir(cwd)
      const problem = await run({ ...wrapper, cwd }).catch((error) => error.message)
      row[wrapper.name] = problem === undefined ? 'yes' : 'NO'
      if (wrapper.name === OURS) check(name, problem)
      else if (problem !== undefined) row.problems = [...(row.problems ?? []), `${wrapper.name}: ${problem}`]
    }
    rows.push(row)
  }
  printTable(
    rows,
    present.map(({ name }) => name),
  )
}

function printTable(rows, names) {
  const width = Math.max(...rows.map((row) => row.case.length))
  process.stdout.write(`\n${'case'.padEnd(width)}  ${names.join('  ')}\n`)
  for (const row of rows) {
    process.stdout.write(
      `${row.case.padEnd(width)}  ${names.map((name) => row[name].padEnd(name.length)).join('  ')}\n`,
    )
  }
  process.stdout.write('\n')
  for (const row of rows) for (const problem of row.problems ?? []) process.stdout.write(`${row.case}: ${problem}\n`)
}
