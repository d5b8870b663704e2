// Records real tools as they install from their registries, and checks what the log says of them.
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { debianProgram, pythonPrograms } from './install.mjs'
import { BIN } from './wrappers.mjs'

const project = fileURLToPath(new URL('dbt-project', import.meta.url))

export async function checkTools(folder, check) {
  const programs = pythonPrograms()
  if (programs === undefined) {
    process.stdout.write('skipped: dbt and pytest: cannot be installed\n')
  } else {
    checkDbt(join(folder, 'dbt'), programs, check)
    checkPytest(join(folder, 'pytest'), programs, check)
  }
  checkMake(join(folder, 'make'), check)
  checkCron(join(folder, 'cron'), check)
  checkProgram(join(folder, 'program'), check)
  await checkRealCron(join(folder, 'real-cron'), check)
}

function checkDbt(cwd, programs, check) {
  cpSync(project, cwd, { recursive: true })
  const dbt = ['--pipeline', 'shop', '--collect', 'dbt', '--', join(programs, 'dbt'), 'build', '--profiles-dir', '.']
  const { status, stdout, stderr } = forge(['record', ...dbt], { cwd })
  check('dbt build fails as without record', differs(1, status))
  check('dbt shows its own output', stdout.includes('Done. PASS=') ? undefined : `${stdout}${stderr}`.slice(-500))
  const rows = rowsOf(cwd)
  const found = Object.fromEntries(
    rows.map(({ step_name, metadata }) => [step_name.split('.')[2] ?? step_name, metadata.status]),
  )
  check(
    'dbt build is one run with its nodes as steps',
    differs(
      {
        broken: 'error',
        customers: 'success',
        customers_snapshot: 'success',
        downstream: 'upstream_failed',
        not_null_customers_id: 'success',
        orders: 'success',
        shop: 'failed',
        unique_orders_customer_id: 'failed',
      },
      Object.fromEntries(Object.entries(found).toSorted()),
    ),
  )
  check('dbt has one run id', differs(1, new Set(rows.map(({ run_id }) => run_id)).size))
  const again = forge(['record', '--collect', 'dbt', '--pipeline', 'other', '--', join(programs, 'dbt'), '--version'], {
    cwd,
  })
  check('results of an earlier run are not taken', again.stderr.includes('has not written') ? undefined : again.stderr)
  check(
    'a run without results has no steps',
    differs(1, rowsOf(cwd).filter(({ pipeline_id }) => pipeline_id === 'other').length),
  )
}

function checkPytest(cwd, programs, check) {
  mkdirSync(cwd)
  writeFileSync(
    join(cwd, 'test_orders.py'),
    `import pytest
def test_good(): pass
def test_bad(): assert 1 == 2
@pytest.mark.skip(reason="later")
def test_later(): pass
@pytest.fixture
def broken(): raise RuntimeError("no database")
def test_broken(broken): pass
`,
  )
  const argv = [
    'record',
    '--pipeline',
    'tests',
    '--collect',
    'junit',
    '--',
    join(programs, 'pytest'),
    '-q',
    '--junitxml=out/report.xml',
  ]
  check('pytest exits as without record', differs(1, forge(argv, { cwd }).status))
  const found = rowsOf(cwd).map(({ step_name, success, metadata }) => [step_name, success, metadata.status])
  check(
    'pytest is one run with its tests as steps',
    differs(
      [
        ['test_orders.test_bad', false, 'failed'],
        ['test_orders.test_broken', false, 'error'],
        ['test_orders.test_good', true, 'success'],
        ['test_orders.test_later', true, 'skipped'],
        ['tests', false, 'failed'],
      ],
      found.toSorted(),
    ),
  )
}

/** Each target is recorded, and the whole of make around them. */
function checkMake(cwd, check) {
  mkdirSync(cwd)
  const inner = `@${process.execPath} ${BIN} record --step $@ --`
  writeFileSync(
    join(cwd, 'Makefile'),
    `all: load publish\nload:\n\t${inner} sh -c 'echo rows_written=5 >> $$FORGE_METRICS'\npublish: load\n\t${inner} sh -c 'exit 3'\n.PHONY: all load publish\n`,
  )
  check(
    'make fails as without record',
    differs(2, forge(['record', '--pipeline', 'nightly', '--', 'make', '-j2', 'all'], { cwd }).status),
  )
  const rows = rowsOf(cwd)
  check(
    'recorded targets are steps of the run of make',
    differs(
      [
        ['load', true, 5],
        ['nightly', false, null],
        ['publish', false, null],
      ],
      rows.map(({ step_name, success, rows_written }) => [step_name, success, rows_written]).toSorted(),
    ),
  )
  check('make has one run id', differs(1, new Set(rows.map(({ run_id }) => run_id)).size))
}

/** Cron runs commands by `sh -c`, without a terminal, with few variables, and mails what they print. */
function checkCron(cwd, check) {
  mkdirSync(cwd)
  const cron = (script) =>
    spawnSync(
      'setsid',
      [
        '-w',
        'env',
        '-i',
        'HOME=/nonexistent',
        'LOGNAME=nobody',
        'PATH=/usr/bin:/bin',
        'SHELL=/bin/sh',
        'sh',
        '-c',
        script,
      ],
      {
        cwd,
        encoding: 'utf8',
        input: '',
      },
    )
  const record = `${process.execPath} ${BIN} record --path '${cwd}/logs.duckdb' --quiet-on-success --if-running skip`
  const good = cron(`${record} --pipeline good -- sh -c 'echo noise; echo noise >&2'`)
  check('cron mails nothing after a success', differs([0, '', ''], [good.status, good.stdout, good.stderr]))
  const bad = cron(`${record} --pipeline bad -- sh -c 'echo out; echo cause >&2; exit 4'`)
  check('cron mails the output of a failure', differs([4, 'out\n', 'cause\n'], [bad.status, bad.stdout, bad.stderr]))
  const found = rowsOf(cwd).map(({ pipeline_id, error_message }) => [pipeline_id, error_message])
  check(
    'both are recorded',
    differs(
      [
        ['bad', 'exit code 4: cause'],
        ['good', null],
      ],
      found.toSorted(),
    ),
  )
}

/** A program that records itself, and a command that it starts. */
function checkProgram(cwd, check) {
  mkdirSync(cwd)
  const packages = ['writer-core', 'writer-record', 'writer-storage-duckdb'].map(
    (name) => new URL(`../../../packages/${name}/dist/index.js`, import.meta.url).href,
  )
  writeFileSync(
    join(cwd, 'nightly.mjs'),
    `import { spawnSync } from 'node:child_process'
import { createLogWriter } from '${packages[0]}'
import { recordRun } from '${packages[1]}'
import { duckdbStorage } from '${packages[2]}'
const config = { tableSchema: 'analytics', tableName: 'pipeline_logs' }
const writer = await createLogWriter({ storage: duckdbStorage({ path: 'logs.duckdb' }), config })
await recordRun(writer, { pipelineId: 'nightly' }, async (run) => {
  await run.step('load', (step) => step.rows({ processed: 3, written: 2 }))
  await run.step('publish', (step) => {
    const env = { ...process.env, ...step.variables() }
    const words = ['${BIN}', 'record', '--step', 'upload', '--', 'sh', '-c', 'exit 4']
    const { status } = spawnSync(process.execPath, words, { env })
    if (status !== 0) step.warn('upload ended with ' + status)
  })
}).finally(() => writer.close())
`,
  )
  const { status, stderr } = spawnSync(process.execPath, ['nightly.mjs'], { cwd, encoding: 'utf8' })
  check('a program that records itself ends as without', differs([0, ''], [status, stderr]))
  const rows = rowsOf(cwd)
  check(
    'its steps, and commands below them, are one run',
    differs(
      [
        ['load', true, 2],
        ['nightly', true, 2],
        ['publish', true, null],
        ['upload', false, null],
      ],
      rows.map(({ step_name, success, rows_written }) => [step_name, success, rows_written]).toSorted(),
    ),
  )
  check('the program has one run id', differs(1, new Set(rows.map(({ run_id }) => run_id)).size))
}

const CRON_MS = 75_000

/** A line of a real crontab, run by a cron daemon that this check starts. */
async function checkRealCron(cwd, check) {
  const isRoot = process.getuid?.() === 0
  const daemonPath = existsSync('/usr/sbin/cron') ? '/usr/sbin/cron' : isRoot && debianProgram('cron', 'usr/sbin/cron')
  const isTaken = spawnSync('pidof', ['cron']).status === 0
  const reason =
    (!isRoot && 'needs root') || (!daemonPath && 'cron cannot be installed') || (isTaken && 'a cron daemon is running')
  if (reason) {
    process.stdout.write(`skipped: a real crontab: ${reason}\n`)
    return
  }
  mkdirSync(cwd)
  const line = `${process.execPath} ${BIN} record --path ${cwd}/logs.duckdb --pipeline nightly --quiet-on-success -- sh -c 'echo noise; exit 6'`
  const crontab = `/etc/cron.d/forge-writer-interop-${process.pid}`
  // The daemon of a package that is only unpacked does not find the folders that its installation makes.
  const made = ['/etc/cron.d', '/var/spool/cron/crontabs'].filter((path) => !existsSync(path))
  for (const path of made) mkdirSync(path, { recursive: true })
  writeFileSync(crontab, `HOME=${cwd}\n* * * * * root ${line} > ${cwd}/mail 2>&1; echo $? > ${cwd}/code\n`, {
    mode: 0o644,
  })
  const daemon = spawn(daemonPath, ['-f'], { stdio: 'ignore' })
  const deadlineMs = performance.now() + CRON_MS
  while (!existsSync(join(cwd, 'code')) && performance.now() < deadlineMs) await sleep(500)
  daemon.kill()
  rmSync(crontab)
  for (const path of made) rmSync(path, { recursive: true })
  check('cron gets the exit code of the command', differs('6', readIfThere(join(cwd, 'code'))))
  check('cron mails what a failed command printed', differs('noise', readIfThere(join(cwd, 'mail'))))
  const found = rowsOf(cwd).map(({ pipeline_id, success, metadata }) => [pipeline_id, success, metadata.exit_code])
  check('the run of cron is recorded', differs(['nightly', false, 6], found[0]))
}

function readIfThere(path) {
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined
}

function forge(argv, { cwd }) {
  const env = {
    ...process.env,
    HOME: cwd,
    XDG_CONFIG_HOME: cwd,
    XDG_STATE_HOME: cwd,
    DBT_SEND_ANONYMOUS_USAGE_STATS: 'false',
    DO_NOT_TRACK: '1',
  }
  return spawnSync(process.execPath, [BIN, ...argv], { cwd, env, encoding: 'utf8', maxBuffer: 2 ** 26 })
}

function rowsOf(cwd) {
  const { stdout, stderr } = forge(['query', '--json', '-n', '1000'], { cwd })
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout).rows.map((row) => ({ ...row, metadata: JSON.parse(row.metadata) }))
}

function differs(expected, found) {
  const [one, other] = [JSON.stringify(expected), JSON.stringify(found)]
  return one === other ? undefined : `${other.slice(0, 600)} instead of ${one}`
}
