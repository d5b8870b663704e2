import { batchRows, type LogTable, type Row, type ScanQuery } from '@forge/writer-core'
import { countOf } from '@forge/writer-core/text'
import { failureLines, failuresOf } from '../output/failures.ts'
import type { Output } from '../output/output.ts'
import { formatTable, type TableColumn } from '../output/table.ts'
import { flag } from './option.ts'
import { UsageError } from './usage-error.ts'

/** Options of every command that prints rows with {@link printRows}. */
export const ROW_OUTPUT = {
  stream: flag('With --json: print one row per line (NDJSON)'),
}

export interface RowOutput {
  readonly stream: boolean
  readonly columns: readonly TableColumn<Row>[]
  readonly output: Output
  /** Prints a note if there are more rows than the limit of the query. Default: false. */
  readonly noteMore?: boolean | undefined
  /** Lists below the table what failed and why. Default: false. */
  readonly explains?: boolean | undefined
}

/** Throws UsageError for --stream without --json. Call it before the storage is opened. */
export function checkStream(stream: boolean, { isJson }: Output): void {
  if (stream && !isJson) throw new UsageError('--stream needs --json')
}

/** Prints the rows of a query as a table or as one JSON object; with `stream`, prints one line per row as rows are read. */
export async function printRows(
  table: LogTable,
  query: ScanQuery & { readonly limit: number },
  { stream, columns, output, noteMore = false, explains = false }: RowOutput,
): Promise<void> {
  const { limit } = query
  const rows: Row[] = []
  let read = 0
  for await (const batch of table.scan({ ...query, limit: noteMore ? limit + 1 : limit })) {
    for (const row of batchRows(batch)) {
      if (++read > limit) break
      if (stream) await output.jsonLine(row)
      else rows.push(row)
    }
  }
  if (!stream) {
    await output.result({ rows }, function* () {
      yield* rows.length === 0 ? ['no rows'] : formatTable(columns, rows, output)
      if (explains) yield* failureLines(failuresOf(rows), output)
    })
  }
  if (read > limit) output.note(`showing the first ${countOf(limit, 'row', 'rows')}; use --limit to show more`)
}
