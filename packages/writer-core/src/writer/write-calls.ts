import { executionRows, stepRows } from '../execution/execution-rows.ts'
import { checkExecution, checkStepsWithContext } from '../execution/schemas.ts'
import { assertWriteOptions } from '../write/row-writer.ts'
import type { SettledWriter } from '../write/settled-writer.ts'
import type { CallGate } from './call-gate.ts'
import { writeExecutionBatch } from './execution-batch.ts'
import type { LogWriter } from './log-writer.ts'

type WriteCalls = Pick<
  LogWriter,
  'writeLogRows' | 'writeExecutionResult' | 'writeStepResults' | 'writeExecutionResultBatch'
>

/** Creates the write calls. Each converts its input to rows and uses `current()` as of its start throughout. */
export function writeCalls(current: () => SettledWriter, gate: CallGate): WriteCalls {
  return {
    writeLogRows: (given, options = {}) => gate.run(() => current().rows.writeRows(given, options)),
    writeExecutionResult: (result, options = {}) =>
      gate.run(async () => {
        assertWriteOptions(options)
        const { source, rows } = current()
        const checked = checkExecution(result, source.config.schemaValidationMode)
        const runId = options.runId ?? checked.context.executionId
        return rows.writeRows(executionRows(checked, runId), { ...options, runId })
      }),
    writeStepResults: (steps, context, options = {}) =>
      gate.run(async () => {
        assertWriteOptions(options)
        const { source, rows } = current()
        const checked = checkStepsWithContext(steps, context, source.config.schemaValidationMode)
        const runId = options.runId ?? context.executionId
        return rows.writeRows(stepRows(checked, context, runId), { ...options, runId })
      }),
    writeExecutionResultBatch: (results, options = {}) =>
      gate.run(async () => {
        const { source, rows } = current()
        return writeExecutionBatch({ config: source.config, writeLogRows: rows.writeRows }, results, options)
      }),
  }
}
