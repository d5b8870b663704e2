// @module-tag processes
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { newFolder } from '@forge/writer-core/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { bin, canRecord, logRows, record, startRecord } from './record-process.ts'

let cwd = ''
beforeEach(() => {
  cwd = newFolder()
})

const run = (...argv: string[]) => record(argv, { cwd })
const file = (name: string, text: string) => writeFileSync(join(cwd, name), text)
const read = (name: string) => readFileSync(join(cwd, name), 'utf8')

describe.skipIf(!canRecord)('options of record (skipped if it is not built, or not on Linux)', () => {
  test('--retries repeats a command that fails; each attempt is a row, and the last exit code counts', async () => {
    const script = 'echo x >> tries; n=$(wc -l < tries); [ "$n" -ge 3 ]'
    expect(
      (await run('--retries', '5', '--retry-delay', '10ms', '--pipeline', 'p', '--', 'sh', '-c', script)).code,
    ).toBe(0)
    const rows = await logRows(cwd)
    expect(rows.map(({ success, metadata }) => [success, metadata.attempt, metadata.exit_code])).toEqual([
      [false, 1, 1],
      [false, 2, 1],
      [true, 3, 0],
    ])
    const runId = rows[0]?.run_id
    expect(rows.map(({ run_id, execution_id }) => [run_id, execution_id])).toEqual([
      [runId, runId],
      [runId, `${runId}/2`],
      [runId, `${runId}/3`],
    ])
    expect(rows.map(({ run_ended_at }) => run_ended_at === null)).toEqual([true, true, false])
  })

  test('signals, missing commands and other exit codes than --retry-on are not repeated', async () => {
    expect((await run('--retries', '2', '--', 'sh', '-c', 'echo x >> a; kill -9 $$')).signal).toBe('SIGKILL')
    expect((await run('--retries', '2', '--', 'no-such-command')).code).toBe(127)
    expect((await run('--retries', '2', '--retry-on', '75,76', '--', 'sh', '-c', 'echo x >> b; exit 1')).code).toBe(1)
    expect((await run('--retries', '2', '--retry-on', '75,76', '--', 'sh', '-c', 'echo x >> c; exit 76')).code).toBe(76)
    expect([read('a'), read('b'), read('c')]).toEqual(['x\n', 'x\n', 'x\nx\nx\n'])
    expect(await logRows(cwd)).toHaveLength(6)
  })

  test('--if-running skip and fail start nothing while the pipeline runs, and say so', async () => {
    const first = startRecord(
      ['--pipeline', 'p', '--', 'sh', '-c', 'echo started; until [ -e go ]; do sleep 0.02; done'],
      { cwd },
    )
    await first.seen('started')
    while (!existsSync(join(cwd, 'logs.duckdb.spool'))) await sleep(5)
    const again = (...argv: string[]) => run('--pipeline', 'p', ...argv, '--', 'touch', 'ran')
    expect(await again('--if-running', 'skip')).toMatchObject({
      code: 0,
      stderr: 'forge-writer: p is already running; the command was not started\n',
    })
    expect((await again('--if-running', 'skip', '--skip-code', '75')).code).toBe(75)
    expect((await again('--if-running', 'fail')).code).toBe(75)
    expect((await run('--pipeline', 'other', '--if-running', 'fail', '--', 'true')).code).toBe(0)
    expect(existsSync(join(cwd, 'ran'))).toBe(false)
    file('go', '')
    expect((await first.ended).code).toBe(0)
    expect((await again('--if-running', 'skip')).code).toBe(0)
    expect(existsSync(join(cwd, 'ran'))).toBe(true)
    const found = (await logRows(cwd)).map(({ pipeline_id, metadata }) => `${pipeline_id} ${metadata.status}`)
    expect(found.toSorted()).toEqual(['other success', 'p failed', 'p skipped', 'p skipped', 'p success', 'p success'])
  })

  test('--if-running wait runs one after the other, also after one is killed', async () => {
    const script = 'mkdir busy || exit 9; sleep 0.1; rmdir busy'
    const argv = ['--pipeline', 'p', '--if-running', 'wait', '--', 'sh', '-c', script]
    const all = Array.from({ length: 4 }, () => startRecord(argv, { cwd }))
    expect((await Promise.all(all.map(({ ended }) => ended))).map(({ code }) => code)).toEqual([0, 0, 0, 0])
    const killed = startRecord(
      ['--pipeline', 'p', '--if-running', 'wait', '--', 'sh', '-c', 'echo started; exec sleep 600'],
      { cwd },
    )
    await killed.seen('started')
    const waiting = startRecord(argv, { cwd })
    killed.child.kill('SIGTERM')
    expect((await waiting.ended).code).toBe(0)
    await killed.ended
    expect((await logRows(cwd)).filter(({ success }) => success)).toHaveLength(5)
  })

  test('--quiet-on-success shows output only of a command that fails, each stream on its own', async () => {
    expect(await run('--quiet-on-success', '--', 'sh', '-c', 'echo out; echo err >&2')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    })
    const failed = await run('--quiet-on-success', '--', 'sh', '-c', 'seq 50000; echo err >&2; exit 3')
    expect(failed).toMatchObject({ code: 3, stderr: 'err\n' })
    expect(failed.stdout.trimEnd().split('\n')).toHaveLength(50_000)
  })

  test('--capture, --output and --no-output choose what is kept', async () => {
    const script = 'echo out; echo err >&2; exit "$0"'
    await run('--capture', 'all', '--pipeline', 'a', '--', 'sh', '-c', script, '1')
    await run('--no-output', '--pipeline', 'b', '--', 'sh', '-c', script, '1')
    await run('--output', '--pipeline', 'c', '--', 'sh', '-c', script, '0')
    const found = Object.fromEntries(
      (await logRows(cwd)).map(({ pipeline_id, error_message, metadata }) => [
        pipeline_id,
        [error_message, metadata.output],
      ]),
    )
    expect(found).toEqual({
      a: ['exit code 1: err', { stdout: { bytes: 4, tail: 'out\n' }, stderr: { bytes: 4, tail: 'err\n' } }],
      b: ['exit code 1', undefined],
      c: [null, { stderr: { bytes: 4, tail: 'err\n' } }],
    })
  })

  test('a recorded command inside of a recorded command is a step of its run, in the same trace', async () => {
    const inner = `"${process.execPath}" "${bin}" record`
    const script = `${inner} --step load -- true; ${inner} --step publish --phase gold -- sh -c 'echo "$TRACEPARENT"; exit 4'`
    const { stdout, code } = await run('--pipeline', 'nightly', '--', 'sh', '-c', script)
    expect(code).toBe(4)
    const rows = await logRows(cwd)
    const runId = rows[0]?.run_id
    expect(
      rows
        .map(({ run_id, pipeline_id, phase, step_name, success }) => [
          run_id === runId,
          pipeline_id,
          phase,
          step_name,
          success,
        ])
        .toSorted(),
    ).toEqual([
      [true, 'nightly', 'gold', 'publish', false],
      [true, 'nightly', 'pipeline', 'nightly', false],
      [true, 'nightly', 'silver', 'load', true],
    ])
    const [outer, publish] = ['nightly', 'publish'].map(
      (name) => rows.find(({ step_name }) => step_name === name)?.metadata,
    )
    expect(publish.trace_id).toBe(outer.trace_id)
    expect(publish.parent_span_id).toBe(outer.span_id)
    expect(stdout).toBe(`00-${outer.trace_id}-${publish.span_id}-01\n`)
    expect(new Set(rows.map(({ execution_id }) => execution_id)).size).toBe(3)
  })

  test('--step names the step of a run of one step', async () => {
    await run('--pipeline', 'p', '--step', 'load', '--phase', 'bronze', '--', 'true')
    expect(
      (await logRows(cwd)).map(({ phase, step_name, step_type }) => [phase, step_name, step_type]).toSorted(),
    ).toEqual([
      ['bronze', 'load', 'command'],
      ['pipeline', 'p', 'run'],
    ])
  })

  test('figures that the command reports become columns', async () => {
    const script = `echo rows_written=123 >> "$FORGE_METRICS"; echo '{"rows_processed": 200, "lag": 3}' >> "$FORGE_METRICS"; echo table_fqn=shop.orders >&4; echo "$FORGE_METRICS"`
    const { stdout } = await run('--metrics-fd', '4', '--', 'sh', '-c', script)
    expect((await logRows(cwd))[0]).toMatchObject({
      rows_written: 123,
      rows_processed: 200,
      table_fqn: 'shop.orders',
      metadata: { metrics: { lag: 3 } },
    })
    expect(existsSync(stdout.trim())).toBe(false)
  })

  test('figures in standard output are found by their prefix, and the output stays as it is', async () => {
    const script =
      'echo "m:rows_written=123"; echo "rows_processed=7"; printf "xm:lag=1\\nm:la"; sleep 0.2; printf "g=3"'
    const { stdout, stderr } = await run('--metrics-prefix', 'm:', '--', 'sh', '-c', script)
    expect({ stdout, stderr }).toEqual({
      stdout: 'm:rows_written=123\nrows_processed=7\nxm:lag=1\nm:lag=3',
      stderr: '',
    })
    expect((await logRows(cwd))[0]).toMatchObject({
      rows_written: 123,
      rows_processed: 123,
      metadata: { metrics: { lag: 3 } },
    })
  })

  test('lines of another form are counted, said once, and hide no figure', async () => {
    const script = 'printf "rows 5\\n\\nrows_written=5\\n[1]\\n" >> "$FORGE_METRICS"'
    const { stderr } = await run('--', 'sh', '-c', script)
    expect((await logRows(cwd))[0]).toMatchObject({
      rows_written: 5,
      rows_processed: 5,
      metadata: { ignored_metrics: 2 },
    })
    expect(stderr.match(/FORGE_METRICS/g)).toHaveLength(1)
  })

  test('secrets of the command line and of kept output are masked, also in the spool', async () => {
    const script = 'cat logs.duckdb.spool/* ; echo "url: postgres://u:s3cretword@h/x" >&2; exit 1'
    const { stderr } = await run(
      '--path',
      'logs.duckdb',
      '--',
      'sh',
      '-c',
      `sleep 0.5; ${script}`,
      'x',
      '--password',
      's3cretword',
      'token=s3cretword',
    )
    expect(stderr).toContain('s3cretword')
    const [row] = await logRows(cwd)
    expect(JSON.stringify(row)).not.toContain('s3cretword@')
    expect(row?.metadata.command).toMatch(/--password \*\*\* token=\*\*\*$/)
    expect(row?.error_message).toBe('exit code 1: url: postgres://***@h/x')
  })

  test('a timeout of 0 ends nothing', async () => {
    expect(await run('--timeout', '0', '--', 'sh', '-c', 'sleep 0.1; exit 3')).toMatchObject({ code: 3 })
    expect((await run('--', '')).code).toBe(127)
    expect((await logRows(cwd)).map(({ pipeline_id }) => pipeline_id)).toContain('sh')
  })

  test.each([['--pipeline'], ['--step'], ['--owner'], ['--path']])(
    'an empty text for %s is a usage error, and nothing runs',
    async (option) => {
      const { code, stdout, stderr } = await run(option, '', '--', 'echo', 'ran')
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toContain(`${option}`)
      expect(stderr).toContain('must not be empty')
    },
  )

  test('--shell, --tag, --owner and --jitter do what they say', async () => {
    const { stdout } = await run(
      '--shell',
      '--tag',
      'a,b',
      '--owner',
      'team',
      '--jitter',
      '50ms',
      '--',
      'echo one |',
      'tr a-z A-Z',
    )
    expect(stdout).toBe('ONE\n')
    expect((await logRows(cwd))[0]?.metadata).toMatchObject({ tags: ['a', 'b'], owner: 'team' })
  })

  test('a delayed command that is stopped before its start is cancelled', async () => {
    const started = startRecord(['--jitter', '20d', '--', 'touch', 'ran'], { cwd })
    // The process listens to signals once the bit of SIGUSR2 is set: to SIGTERM it listens from the start.
    const listens = () =>
      /SigCgt:\s+[\da-f]*[89a-f][\da-f]{2}$/m.test(readFileSync(`/proc/${started.child.pid}/status`, 'utf8'))
    while (!listens()) await sleep(10)
    started.child.kill('SIGTERM')
    expect((await started.ended).signal).toBe('SIGTERM')
    expect(existsSync(join(cwd, 'ran'))).toBe(false)
    expect((await logRows(cwd))[0]?.metadata.status).toBe('cancelled')
  })
})
