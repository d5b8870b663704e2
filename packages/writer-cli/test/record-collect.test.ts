// @module-tag processes
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { newFolder } from '@forge/writer-core/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { bin, canRecord, logRows, record, startProcess } from './record-process.ts'

let cwd = ''
beforeEach(() => {
  cwd = newFolder()
})

const run = (...argv: string[]) => record(argv, { cwd })
const file = (name: string, text: string) => writeFileSync(join(cwd, name), text)

describe.skipIf(!canRecord)(
  'files that commands write about their steps (skipped if it is not built, or not on Linux)',
  () => {
    test('--collect junit records the tests as steps, and the exit code outranks the report', async () => {
      const report =
        '<testsuite name="s"><testcase classname="m" name="a" time="0.5"/><testcase classname="m" name="b"><failure message="1 != 2"/></testcase></testsuite>'
      file('old.xml', report)
      utimesSync(join(cwd, 'old.xml'), 1, 1)
      const argv = ['--collect', 'junit', '--collect', 'junit=old.xml', '--pipeline', 'tests', '--']
      const { code, stderr } = await run(
        ...argv,
        'sh',
        '-c',
        `printf '%s' '${report}' > junit.xml; exit 0`,
        'pytest',
        '--junitxml=junit.xml',
      )
      expect({ code, stderr }).toEqual({
        code: 0,
        stderr: `forge-writer: --collect junit: the command has not written ${join(cwd, 'old.xml')}\n`,
      })
      const rows = await logRows(cwd)
      expect(rows.map(({ phase, step_name, success }) => [phase, step_name, success]).toSorted()).toEqual([
        ['pipeline', 'tests', true],
        ['silver', 'm.a', true],
        ['silver', 'm.b', false],
      ])
      expect(new Set(rows.map(({ run_id, pipeline_id }) => `${run_id} ${pipeline_id}`)).size).toBe(1)
      expect(rows.find(({ step_name }) => step_name === 'm.b')).toMatchObject({
        error_message: '1 != 2',
        duration_secs: 0,
      })
    })

    test('--collect openlineage takes in the events that the client of the command writes', async () => {
      const event = (eventType: string) =>
        JSON.stringify({
          eventType,
          eventTime: '2026-11-30T10:00:00Z',
          run: { runId: '0190a7b2-0000-7000-8000-000000000001' },
          job: { namespace: 'n', name: 'load_orders' },
          producer: 'x',
          schemaURL: 'x',
        })
      const script = `printf '%s\\n' '${event('START')}' '${event('COMPLETE')}' > "$OPENLINEAGE__TRANSPORT__LOG_FILE_PATH"; echo "$OPENLINEAGE__TRANSPORT__TYPE $OPENLINEAGE__TRANSPORT__LOG_FILE_PATH"`
      const { stdout, stderr } = await run('--collect', 'openlineage', '--pipeline', 'p', '--', 'sh', '-c', script)
      expect(stderr).toBe('')
      expect(existsSync(stdout.trim().split(' ')[1] ?? '')).toBe(false)
      expect(
        (await logRows(cwd)).map(({ pipeline_id, step_name, success }) => [pipeline_id, step_name, success]).toSorted(),
      ).toEqual([
        ['p', 'load_orders', true],
        ['p', 'p', true],
      ])
      const own = await record(['--collect', 'openlineage', '--', 'true'], {
        cwd,
        env: { OPENLINEAGE_URL: 'http://127.0.0.1:9' },
      })
      expect(own.stderr).toContain('--collect openlineage')
    })

    test('--collect dbt takes in the telemetry of dbt 2, although it was killed, and prefers it to its results', async () => {
      const span = (kind: string, type: string, rest: object) =>
        JSON.stringify({
          record_type: kind,
          trace_id: '019c97cafe1c76e2abb150e9427e666a',
          start_time_unix_nano: '1772073188000000000',
          event_type: `v1.public.events.fusion.${type}`,
          ...rest,
        })
      const done = { unique_id: 'model.shop.orders', node_outcome: 'NODE_OUTCOME_SUCCESS', in_selection: true }
      file(
        'telemetry.jsonl',
        [
          span('SpanStart', 'invocation.Invocation', { span_id: '1' }),
          span('SpanEnd', 'node.NodeProcessed', {
            span_id: '2',
            end_time_unix_nano: '1772073189000000000',
            attributes: done,
          }),
          span('SpanStart', 'node.NodeProcessed', {
            span_id: '3',
            attributes: { unique_id: 'model.shop.customers', in_selection: true },
          }),
        ].join('\n'),
      )
      const script =
        'mkdir logs target; echo "{}" > target/run_results.json; cp telemetry.jsonl "logs/$DBT_OTEL_FILE_NAME"; kill -9 $$'
      const { signal, stderr } = await run('--collect', 'dbt', '--pipeline', 'shop', '--', 'sh', '-c', script)
      expect({ signal, stderr }).toEqual({ signal: 'SIGKILL', stderr: '' })
      expect(readdirSync(join(cwd, 'logs'))).toEqual([])
      const rows = await logRows(cwd)
      expect(rows.map(({ step_name, metadata }) => [step_name, metadata.status]).toSorted()).toEqual([
        ['model.shop.customers', 'lost'],
        ['model.shop.orders', 'success'],
        ['shop', 'error'],
      ])
      expect(new Set(rows.map(({ run_id }) => run_id)).size).toBe(1)
    })

    test('files of steps that could not be stored are stored with their run later, unless they have changed', async () => {
      mkdirSync(join(cwd, 'logs.duckdb'))
      const report = '<testsuite name="s"><testcase name="a"/></testsuite>'
      const argv = (name: string) => [
        '--collect',
        `junit=${name}.xml`,
        '--pipeline',
        name,
        '--',
        'sh',
        '-c',
        `printf '${report}' > ${name}.xml`,
      ]
      expect((await run(...argv('one'))).stderr).toMatch(/is not stored/)
      expect((await run(...argv('two'))).stderr).toMatch(/is not stored/)
      expect(readdirSync(join(cwd, 'logs.duckdb.spool'))).toHaveLength(2)
      await rm(join(cwd, 'logs.duckdb'), { recursive: true })
      utimesSync(join(cwd, 'two.xml'), 1, 1)
      const { stderr } = await startProcess(process.execPath, [bin, 'info'], { cwd }).ended
      expect(stderr).toContain('two.xml')
      const names = (await logRows(cwd)).map(({ step_name }) => step_name)
      expect(names.toSorted()).toEqual(['a', 'one', 'two'])
    })
  },
)
