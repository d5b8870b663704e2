import type { LogBatch } from '../batch/log-batch.ts'
import type { WriterConfig } from '../config/writer-config.ts'
import { WriterUnsupportedError } from '../errors/kinds.ts'
import { isWriterError, WriterError } from '../errors/writer-error.ts'
import type { WriteMode } from '../log/columns.ts'
import type { CommitOptions, CommitResult } from '../storage/commit.ts'
import type { LogTable } from '../storage/log-table.ts'
import type { StorageBackend } from '../storage/storage-backend.ts'
import { type RetryOptions, withRetries } from './retry.ts'

/** A batch to commit to one table. */
export interface TableCommit {
  readonly table: LogTable
  readonly batch: LogBatch
  readonly commit: CommitOptions
  readonly mode: WriteMode
}

export interface CommitContext {
  readonly storage: StorageBackend
  readonly config: WriterConfig
  readonly onRetry: RetryOptions<unknown>['onRetry']
}

/**
 * Commits all batches: in one transaction if possible, otherwise one after the other, each with its own batch id, so that repeating the
 * call completes what is missing. Throws a WriterError with `committed`.
 */
export async function commitAll(commits: readonly TableCommit[], context: CommitContext): Promise<CommitResult[]> {
  const { storage, config, onRetry } = context
  const retry = { config, onRetry }
  if (commits.length > 1 && storage.appendAll && commits.every(({ mode }) => mode === 'append')) {
    return withRetries(() => storage.appendAll?.(commits) ?? Promise.resolve([]), {
      ...retry,
      lookUp: () => findAll(commits),
    })
  }
  const results: CommitResult[] = []
  for (const each of commits) {
    try {
      const lookUp = () => each.table.findBatch(each.commit.batchId)
      results.push(await withRetries(() => commitOne(each, config), { ...retry, lookUp }))
    } catch (error) {
      throw results.length === 0 ? error : partialCommit(error, commits, results)
    }
  }
  return results
}

function commitOne({ table, batch, commit, mode }: TableCommit, { mergeKeys }: WriterConfig): Promise<CommitResult> {
  if (mode === 'append') return table.append(batch, commit)
  if (mode === 'overwrite') {
    if (!table.overwrite) throw unsupportedMode(mode, table)
    return table.overwrite(batch, commit)
  }
  if (!table.merge) throw unsupportedMode(mode, table)
  return table.merge(batch, { keys: mergeKeys, whenMatched: mode === 'merge' ? 'update' : 'ignore' }, commit)
}

function unsupportedMode(mode: WriteMode, { ref }: LogTable): WriterUnsupportedError {
  return new WriterUnsupportedError(`the storage of ${ref.schema}.${ref.name} cannot ${mode}`, {
    context: { writeMode: mode },
    suggestions: ["Use writeMode 'append', or a storage with merge and overwrite, such as DuckDB or Delta."],
  })
}

async function findAll(commits: readonly TableCommit[]): Promise<CommitResult[] | undefined> {
  const found = await Promise.all(commits.map(({ table, commit }) => table.findBatch(commit.batchId)))
  const results = found.flatMap((result) => result ?? [])
  return results.length === commits.length ? results : undefined
}

function partialCommit(error: unknown, commits: readonly TableCommit[], results: readonly CommitResult[]): WriterError {
  const names = commits.map(({ table: { ref } }) => `${ref.schema}.${ref.name}`)
  const [batchId] = commits.map(({ commit }) => commit.batchId)
  const failure = isWriterError(error) ? error : undefined
  const reason = failure ? `: ${failure.message}` : ''
  return new WriterError(
    failure?.code ?? 'TABLE',
    `stored in ${results.length} of ${commits.length} tables, then ${names[results.length]} failed${reason}`,
    {
      committed: 'unknown',
      transient: failure?.transient ?? false,
      context: {
        ...failure?.context,
        stored: names.slice(0, results.length),
        missing: names.slice(results.length),
        batchId,
      },
      suggestions: [
        ...(failure?.suggestions ?? []),
        'Write the same rows again with this batchId: rows that are already stored are not stored twice.',
      ],
      cause: error,
    },
  )
}
