// Runs the tests that need a Spark server.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { counter } from '../tally.mjs'
import { checkKills, checkRestarts } from './faults.mjs'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** The areas of the suite that every run tests; the others take the rest of half an hour. */
const AREAS = ['append', 'values', 'closing']
const FILES = ['packages/writer-storage-spark', 'packages/writer-cli/test/spark.test.ts']

/** Runs the tests, and prints the tally. Resolves with the exit code. */
export async function checkAll(server, { isWhole }) {
  const tally = counter()
  await addTests(tally, server, isWhole)
  await checkKills(server, tally)
  await checkRestarts(server, tally)
  process.stdout.write(`${tally.passed} passed, ${tally.failed} failed\n`)
  return tally.failed === 0 ? 0 : 1
}

async function addTests(tally, { url }, isWhole) {
  const folder = mkdtempSync(join(tmpdir(), 'forge-spark-tests-'))
  const output = join(folder, 'report.json')
  const env = { ...process.env, CI: '1', FORGE_SPARK_URL: url, ...(!isWhole && { FORGE_SPARK_AREAS: AREAS.join(',') }) }
  const args = ['run', '--reporter=dot', '--reporter=json', `--outputFile.json=${output}`, '--no-file-parallelism']
  const child = spawn(process.execPath, [`${root}node_modules/vitest/vitest.mjs`, ...args, ...FILES], {
    cwd: root,
    env,
    stdio: ['ignore', 2, 2],
  })
  const [code] = await once(child, 'close')
  try {
    const { numPassedTests, testResults } = JSON.parse(readFileSync(output, 'utf8'))
    tally.passed += numPassedTests
    for (const { assertionResults, name, status } of testResults) {
      const failed = assertionResults.filter((result) => result.status === 'failed')
      for (const { fullName } of failed) tally.check(fullName, false)
      if (status === 'failed' && failed.length === 0) tally.check(name, false)
    }
    tally.check(`the tests end well (${code})`, code === 0 || tally.failed > 0)
  } catch {
    tally.check('the tests write a report', false)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
