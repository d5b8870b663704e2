import { executionRows, stepRows } from '../execution/execution-rows.ts'
import { checkedExecution, checkedStepsOf } from '../execution/schemas.ts'
import type { CallGate } from './call-gate.ts'
import { writeExecutionBatch } from './execution-batch.ts'
import type { LogWriter } from './log-writer.ts'
import type { RowWriter } from './row-writer.ts'
import type { TableSource } from './table-source.ts'

type WriteCalls = Pick<
  LogWriter,
  'writeLogRows' | 'writeExecutionResult' | 'writeStepResults' | 'writeExecutionResultBatch'
>

/** The calls that write: each turns what it is given into rows. */
export function writeCalls(source: TableSource, rows: RowWriter, gate: CallGate): WriteCalls {
  const mode = () => source.config.schemaValidationMode
  const writeLogRows: WriteCalls['writeLogRows'] = (given, options = {}) =>
    gate.run(() => rows.writeRows(given, options))
  return {
    writeLogRows,
    writeExecutionResult: (result, options = {}) =>
      gate.run(async () => {
        const checked = checkedExecution(result, mode())
        const runId = options.runId ?? checked.context.executionId
        return rows.writeRows(executionRows(checked, runId), { ...options, runId })
      }),
    writeStepResults: (steps, context, options = {}) =>
      gate.run(async () => {
        const checked = checkedStepsOf(steps, context, mode())
        const runId = options.runId ?? context.executionId
        return rows.writeRows(stepRows(checked, context, runId), { ...options, runId })
      }),
    async writeExecutionResultBatch(results, options = {}) {
      gate.assertOpen()
      const writer = {
        get config() {
          return source.config
        },
        writeLogRows,
      }
      return writeExecutionBatch(writer, results, options)
    },
  }
}
