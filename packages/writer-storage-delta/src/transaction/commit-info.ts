import { randomUUID } from 'node:crypto'
import type { CommitOptions } from '@forge/writer-core'
import { defaultWriter } from '@forge/writer-core/storage'
import type { CommitInfo } from '../actions/actions.ts'
import { ENGINE_INFO } from '../protocol/table-features.ts'
import type { IsolationLevel } from '../protocol/table-properties.ts'
import type { Proposal } from './proposal.ts'

export interface CommitInfoInput {
  readonly proposal: Proposal
  readonly operationName: string
  readonly options: CommitOptions | undefined
  readonly readVersion: number
  readonly now: Date
  readonly isolationLevel: IsolationLevel
  /** The in-commit timestamp, if the table has them. */
  readonly inCommitTimestamp: number | undefined
}

/** Returns the information that history shows of a commit. Metrics are text, because Spark reads nothing else. */
export function commitInfo(input: CommitInfoInput): CommitInfo {
  const { proposal, operationName, options, readVersion, now, inCommitTimestamp } = input
  const { rows } = proposal
  return {
    // Undefined is left out of the JSON; a timestamp must be its first key.
    inCommitTimestamp,
    timestamp: now.getTime(),
    operation: proposal.operation,
    operationParameters: proposal.parameters,
    operationMetrics: Object.fromEntries(
      Object.entries(proposal.metrics).map(([name, value]) => [name, String(value)]),
    ),
    ...(readVersion < 0 ? {} : { readVersion }),
    isolationLevel: proposal.reads === 'removed' ? 'SnapshotIsolation' : input.isolationLevel,
    isBlindAppend: proposal.reads === 'nothing' && proposal.actions.some((action) => action.add),
    engineInfo: ENGINE_INFO,
    txnId: randomUUID(),
    forgeWriter: {
      operation: operationName,
      batchId: options?.batchId ?? null,
      writer: options?.writer ?? defaultWriter(),
      runId: options?.runId ?? null,
      note: options?.note ?? null,
      rowsInserted: rows.inserted,
      rowsUpdated: rows.updated,
      rowsDeleted: rows.deleted,
      rowsSkipped: rows.skipped,
    },
  }
}
