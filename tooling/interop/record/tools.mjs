// Records real tools as they install from their registries, and checks what the log says of them.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pythonPrograms } from './install.mjs'
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
