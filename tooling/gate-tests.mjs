// The tests as `.ci/run` runs them: `npm test`, and once more, alone, the files in which tests failed, if these are few. A test that passes then is
// unsteady: a line names it, with its first error, and it does not fail the gate. Ends with the line `N passed, N failed`.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'

/** Beyond this number, it is not chance. */
const MAX_FILES_TO_REPEAT = 5

const folder = mkdtempSync(join(tmpdir(), 'forge-gate-'))
const first = runTests('first', [])
const repeated = filesThatFailed(first)
const isFewFiles = repeated.length > 0 && repeated.length <= MAX_FILES_TO_REPEAT
if (isFewFiles) process.stdout.write(`\n== the ${repeated.length} files with failures, again\n`)
const second = isFewFiles ? runTests('second', repeated) : undefined
const ends = second ? [...first.files.filter(({ name }) => !repeated.includes(name)), ...second.files] : first.files
for (const line of second ? unsteadyTests(first, second) : []) process.stdout.write(`unsteady: ${line}\n`)
rmSync(folder, { recursive: true, force: true })

const tests = ends.flatMap((file) => file.tests)
const passed = tests.filter(({ status }) => status === 'passed').length
const failed = tests.filter(({ status }) => status === 'failed').length + ends.filter(isBroken).length
const lastCode = (second ?? first).code
// A run that broke without a failed test has failed, too.
const all = failed === 0 && lastCode !== 0 ? 1 : failed
process.stdout.write(`${passed} passed, ${all} failed\n`)
process.exitCode = all === 0 ? 0 : 1

/** Runs tests, and returns the exit code and each file with its tests. */
function runTests(name, files) {
  const report = join(folder, `${name}.json`)
  const options = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const { status } = spawnSync('npm', ['test', '--', ...options, ...files], { stdio: 'inherit' })
  return { code: status ?? 1, files: readReport(report) }
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).testResults.map((file) => ({
      name: relative(process.cwd(), file.name),
      status: file.status,
      message: file.message,
      tests: file.assertionResults,
    }))
  } catch {
    return []
  }
}

function filesThatFailed({ files }) {
  return files
    .filter((file) => isBroken(file) || file.tests.some(({ status }) => status === 'failed'))
    .map(({ name }) => name)
}

/** True if a file could not be run. */
function isBroken({ status, tests }) {
  return status === 'failed' && !tests.some((test) => test.status === 'failed')
}

function unsteadyTests({ files }, { files: later }) {
  const passedLater = new Set(
    later.flatMap(({ name, tests }) =>
      tests.filter(({ status }) => status === 'passed').map(({ fullName }) => `${name}: ${fullName}`),
    ),
  )
  return files.flatMap((file) => [
    ...(isBroken(file) && later.some((each) => each.name === file.name && each.status === 'passed')
      ? [`${file.name}: ${firstLine(file.message)}`]
      : []),
    ...file.tests
      .filter(({ status, fullName }) => status === 'failed' && passedLater.has(`${file.name}: ${fullName}`))
      .map(({ fullName, failureMessages }) => `${file.name}: ${fullName}: ${firstLine(failureMessages[0])}`),
  ])
}

function firstLine(text = '') {
  return text.split('\n', 1)[0].slice(0, 300)
}
