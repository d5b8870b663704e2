import { LOG_COLUMNS, type LogBatch, type ScanQuery, type TableOptions, type TableRef } from '@forge/writer-core'
import { compileScan, type Relation } from '../engine/compile-scan.ts'
import { fromEngineError } from '../engine/engine-errors.ts'
import type { Session } from '../engine/session.ts'
import type { AttachedFile } from '../file/attached-file.ts'
import type { TableHost } from '../file/table-host.ts'
import { emptyRelation, missingTable, type TableState, tableRelation } from '../table/table-state.ts'

/** The context of a read. The relation of a missing table is empty and has the declared columns. */
export interface ReadContext {
  readonly file: AttachedFile | undefined
  readonly session: Session
  readonly state: TableState
  readonly relation: Relation
}

export type ReadWork<Result> = (context: ReadContext) => Promise<Result>

/**
 * Runs a read on a separate session while the file is held. Repeats the read once if the engine had to be reopened. `doing` names the action in
 * errors.
 */
export async function readTable<Result>(
  host: TableHost,
  ref: TableRef,
  options: TableOptions,
  doing: string,
  work: ReadWork<Result>,
): Promise<Result> {
  for (let isFirst = true; ; isFirst = false) {
    const { file, leave } = await host.database.enter({ deadline: host.deadline(), create: false })
    try {
      const { context, done } = await openRead(host, file, ref, options)
      try {
        return await work(context)
      } finally {
        done()
      }
    } catch (error) {
      if (!host.database.noteFailure(error) || !isFirst) throw fromEngineError(error, doing)
    } finally {
      leave()
    }
  }
}

/** Scans a table. The file is held until the scan ends or the caller stops it. */
export async function* scanTable(
  host: TableHost,
  ref: TableRef,
  options: TableOptions,
  query: ScanQuery,
  doing: string,
): AsyncGenerator<LogBatch> {
  for (let mayRepeat = true; ; ) {
    const { file, leave } = await host.database.enter({ deadline: host.deadline(), create: false, streams: true })
    try {
      const { context, done } = await openRead(host, file, ref, options)
      try {
        const { signal, batchRows } = query
        for await (const batch of context.session.stream(compileScan(context.relation, query), { signal, batchRows })) {
          mayRepeat = false
          yield batch
        }
        return
      } finally {
        done()
      }
    } catch (error) {
      if (query.signal?.aborted) throw query.signal.reason
      if (!host.database.noteFailure(error) || !mayRepeat) throw fromEngineError(error, doing)
      mayRepeat = false
    } finally {
      leave()
    }
  }
}

async function openRead(
  { database }: TableHost,
  file: AttachedFile | undefined,
  ref: TableRef,
  options: TableOptions,
): Promise<{ readonly context: ReadContext; done(): void }> {
  const columns = options.columns ?? LOG_COLUMNS
  const session = file ? await file.reader() : await database.session()
  const state = file ? await file.tables.forRead(session, file.journal, ref) : missingTable(ref)
  const relation = state.exists ? tableRelation(state) : emptyRelation(columns)
  return {
    context: { file, session, state, relation },
    done: () => (file ? file.giveBack(session) : session.close()),
  }
}
