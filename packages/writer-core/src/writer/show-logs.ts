import { Console } from 'node:console'
import { Writable } from 'node:stream'
import { batchRows } from '../batch/rows.ts'
import type { Row } from '../column/column-type.ts'
import { LOG_COLUMNS } from '../log/columns.ts'
import { newestFirst } from '../log/newest-first.ts'
import type { LogRow } from '../log/row.ts'
import { assertOptions } from '../options/assert-options.ts'
import { option } from '../options/option-checks.ts'
import type { TableSource } from '../source/table-source.ts'
import type { ShowOptions } from './log-writer.ts'

const SHOWN = [
  'run_id',
  'pipeline_id',
  'phase',
  'step_name',
  'success',
  'duration_secs',
  'rows_processed',
  'rows_written',
  'validation_rate',
  'start_time',
  'error_message',
]
const MAX_CHARACTERS = 40

/** Returns the rows that started last, and prints them as a table unless `print` is false. */
export async function showLogs(source: TableSource, options: ShowOptions): Promise<LogRow[]> {
  assertOptions('showLogs', options, { limit: option.whole({ min: 0 }), table: option.text, print: isPrint })
  const { limit = 20, print = toStdout } = options
  const table = await source.table({ table: options.table })
  const rows: Row[] = []
  const orderBy = newestFirst((await table.info()).columns)
  for await (const batch of table.scan({ orderBy, limit })) {
    for (const row of batchRows(batch)) rows.push({ ...NO_VALUES, ...row })
  }
  if (print) print(rows.length === 0 ? 'no rows\n' : tableText(rows))
  // All columns of the log are present here.
  return rows as unknown as LogRow[]
}

function isPrint(value: unknown): string | undefined {
  return value === false ? undefined : option.action(value)
}

const NO_VALUES: Row = Object.fromEntries(LOG_COLUMNS.map(({ name }) => [name, null]))

function toStdout(text: string): void {
  process.stdout.write(text)
}

function tableText(rows: readonly Row[]): string {
  let text = ''
  const sink = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      done()
    },
  })
  const shown = rows.map((row) => Object.fromEntries(SHOWN.map((name) => [name, printable(row[name])])))
  new Console(sink).table(shown, SHOWN)
  return text
}

/** Replaces control and bidirectional characters, which could change what a terminal shows. */
function printable(value: unknown): unknown {
  if (typeof value !== 'string') return value
  const plain = value.replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
  return plain.length > MAX_CHARACTERS ? `${plain.slice(0, MAX_CHARACTERS - 1)}…` : plain
}
