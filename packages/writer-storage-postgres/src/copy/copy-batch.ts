import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { LogBatch } from '@forge/writer-core'
import { from as copyFrom } from 'pg-copy-streams'
import type { Session } from '../connection/connections.ts'
import { quoteIdentifier } from '../sql/identifiers.ts'
import { encodeBatch } from './encode-batch.ts'

/** Copies a batch into a table, by the names of its columns. `numberColumn` gets the position of each row. */
export async function copyBatch(
  { client }: Session,
  sqlName: string,
  batch: LogBatch,
  numberColumn?: string,
): Promise<void> {
  if (batch.rowCount === 0 || batch.columns.length === 0) return
  const chunks = encodeBatch(batch, numberColumn !== undefined)
  // The first rows are encoded before the statement starts, so that most values that cannot be stored never reach the server.
  const first = chunks.next()
  const stream = client.query(copyFrom(copySql(sqlName, batch, numberColumn)))
  await pipeline(
    Readable.from(
      (function* () {
        if (!first.done) yield first.value
        yield* chunks
      })(),
      { objectMode: false },
    ),
    stream,
  )
}

/** Returns the statement that reads a batch in the binary format, by the names of its columns. */
export function copySql(sqlName: string, { columns }: LogBatch, numberColumn?: string): string {
  const names = [...columns.map(({ name }) => name), ...(numberColumn === undefined ? [] : [numberColumn])]
  return `copy ${sqlName} (${names.map(quoteIdentifier).join(', ')}) from stdin (format binary)`
}
