import { expect, test } from 'vitest'
import { defaultName } from '../src/command/default-names.ts'
import { parseDurationMs } from '../src/command/duration.ts'
import { runIdentity, traceIdOf, variablesFor } from '../src/command/run-identity.ts'
import { taskkillArguments } from '../src/process/kill-tree.ts'

test.each([
  ['dbt build', 'dbt'],
  ['/usr/local/bin/load.sh --x', 'load'],
  ['python3.11 -u jobs/load.py --day 1', 'load'],
  ['python -m etl.main x', 'etl.main'],
  ['node ./dist/run.mjs', 'run'],
  ['bash -c x', 'bash'],
  ['bash -lc x', 'bash'],
  ['env A=1 nice -n 5 python load.py', 'load'],
  ['uv run load.py', 'load'],
  ['C:\\jobs\\load.cmd', 'load'],
  ['.hidden', '.hidden'],
])('the pipeline of %j is %s by default', (command, name) => {
  expect(defaultName(command.split(' '))).toBe(name)
})

test.each([
  ['90', 90_000],
  ['500ms', 500],
  ['1.5m', 90_000],
  ['2h', 7_200_000],
  ['1d', 86_400_000],
  ['', undefined],
  ['-1s', undefined],
  ['1 h', undefined],
  ['1e3', undefined],
  ['25d', undefined],
])('%j is %s milliseconds', (text, expected) => {
  expect(parseDurationMs(text)).toBe(expected)
})

test('a run has a trace of its own id, and what runs inside of it is a step of it in the same trace', () => {
  const outer = runIdentity({ command: ['make'], pipelineId: 'nightly' }, {})
  expect(outer).toMatchObject({ isNested: false, pipelineId: 'nightly', executionId: outer.runId, stepName: undefined })
  expect(outer.traceId).toBe(outer.runId.replaceAll('-', ''))
  const inner = runIdentity({ command: ['python', 'load.py'] }, variablesFor(outer))
  expect(inner).toMatchObject({
    isNested: true,
    runId: outer.runId,
    pipelineId: 'nightly',
    stepName: 'load',
    traceId: outer.traceId,
    parentSpanId: outer.spanId,
  })
  const innermost = runIdentity({ command: ['x'], stepName: 'copy' }, variablesFor(inner))
  expect(innermost).toMatchObject({
    runId: outer.runId,
    stepName: 'copy',
    parentStep: 'load',
    parentSpanId: inner.spanId,
  })
})

test('a trace of the caller is continued, and an invalid one is ignored', () => {
  const [traceId, spanId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']
  const found = runIdentity({ command: ['x'] }, { TRACEPARENT: `00-${traceId}-${spanId}-01` })
  expect(found).toMatchObject({ isNested: false, traceId, parentSpanId: spanId })
  for (const TRACEPARENT of [
    '',
    'x',
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `ff-${traceId}`,
  ]) {
    expect(runIdentity({ command: ['x'] }, { TRACEPARENT })).toMatchObject({ parentSpanId: undefined })
  }
  expect(traceIdOf('nightly-1')).toMatch(/^[\da-f]{32}$/)
})

test('on Windows the children of a command are ended with it', () => {
  expect(taskkillArguments(42, false)).toEqual(['/PID', '42', '/T'])
  expect(taskkillArguments(42, true)).toEqual(['/PID', '42', '/T', '/F'])
})
