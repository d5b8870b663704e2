import { isRouted } from '../config/table-name.ts'
import type { TableHandle } from '../source/table-handles.ts'
import type { LogTable } from '../storage/log-table.ts'
import { BATCH_ROWS } from './batches-ahead.ts'
import type { WriteOptions } from './write-call.ts'
import type { WriterParts } from './writer-parts.ts'

const MIN_STREAMED_ROWS = 16 * BATCH_ROWS

/** The route of rows that are encoded while the storage stores earlier ones. */
export interface StreamedRoute {
  readonly kind: 'streamed'
  readonly rows: readonly unknown[]
  readonly handle: TableHandle
  readonly appendStream: NonNullable<LogTable['appendStream']>
}

/**
 * Chooses the route of a write. `streamed` needs many rows for one table of a storage that takes streams, and neither hooks nor an id derived from
 * the rows, which need all rows at once. Every other write is `collected`: all rows are encoded before the first one is stored.
 */
export async function chooseRoute(
  rows: Iterable<unknown>,
  { idempotent = false }: WriteOptions,
  { source: { config }, hooks, defaultTable }: WriterParts,
): Promise<StreamedRoute | { readonly kind: 'collected' }> {
  const areMany = Array.isArray(rows) && rows.length >= MIN_STREAMED_ROWS
  if (!areMany || idempotent || hooks.length > 0 || config.writeMode !== 'append' || isRouted(config))
    return { kind: 'collected' }
  const handle = await defaultTable()
  const { table } = handle
  if (!table.appendStream) return { kind: 'collected' }
  return { kind: 'streamed', rows, handle, appendStream: table.appendStream.bind(table) }
}
