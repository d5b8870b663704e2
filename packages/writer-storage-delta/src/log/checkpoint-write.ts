import { setImmediate } from 'node:timers/promises'
import type { ColumnDefinition, LogBatch } from '@forge/writer-core'
import { quoteText, type Session } from '@forge/writer-storage-duckdb/engine'
import type { Action, SetTransaction } from '../actions/actions.ts'
import { tableProperties } from '../protocol/table-properties.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { statsLayout } from './checkpoint-stats.ts'
import { actionText } from './commit-file.ts'
import { liveTransactions } from './live-transactions.ts'
import { checkpointPath, LAST_CHECKPOINT_PATH, LOG_DIRECTORY } from './log-file-name.ts'
import type { Snapshot } from './snapshot.ts'

const MAP = 'MAP("VARCHAR", "VARCHAR")'
const VECTOR = {
  storageType: 'VARCHAR',
  pathOrInlineDv: 'VARCHAR',
  offset: 'INTEGER',
  sizeInBytes: 'INTEGER',
  cardinality: 'BIGINT',
}
const ROW_IDS = { baseRowId: 'BIGINT', defaultRowCommitVersion: 'BIGINT' }

/** The columns of a checkpoint except statistics, as the engine's pattern for reading JSON. */
const ACTION_TYPES = {
  txn: { appId: 'VARCHAR', version: 'BIGINT', lastUpdated: 'BIGINT' },
  add: {
    path: 'VARCHAR',
    partitionValues: MAP,
    size: 'BIGINT',
    modificationTime: 'BIGINT',
    dataChange: 'BOOLEAN',
    tags: MAP,
    deletionVector: VECTOR,
    ...ROW_IDS,
    clusteringProvider: 'VARCHAR',
  },
  remove: {
    path: 'VARCHAR',
    deletionTimestamp: 'BIGINT',
    dataChange: 'BOOLEAN',
    extendedFileMetadata: 'BOOLEAN',
    partitionValues: MAP,
    size: 'BIGINT',
    deletionVector: VECTOR,
    ...ROW_IDS,
  },
  metaData: {
    id: 'VARCHAR',
    name: 'VARCHAR',
    description: 'VARCHAR',
    format: { provider: 'VARCHAR', options: MAP },
    schemaString: 'VARCHAR',
    partitionColumns: ['VARCHAR'],
    configuration: MAP,
    createdTime: 'BIGINT',
  },
  protocol: {
    minReaderVersion: 'INTEGER',
    minWriterVersion: 'INTEGER',
    readerFeatures: ['VARCHAR'],
    writerFeatures: ['VARCHAR'],
  },
  domainMetadata: { domain: 'VARCHAR', configuration: 'VARCHAR', removed: 'BOOLEAN' },
}

/** The number of actions that are handled before other work of the process continues. */
const ACTIONS_PER_TURN = 128

const COLUMN: ColumnDefinition = { name: 'action', type: 'string', nullable: false }

/** Writes the classic checkpoint of a version, unless it exists, and then the hint that names it. */
export async function writeCheckpoint(
  store: ObjectStore,
  session: Session,
  snapshot: Snapshot,
  now: Date,
): Promise<void> {
  const path = checkpointPath(snapshot.version)
  const stats = statsLayout(snapshot.metadata)
  const types = { ...ACTION_TYPES, add: { ...ACTION_TYPES.add, ...stats.types } }
  const texts: string[] = []
  let numOfAddFiles = 0
  const transactions = await liveTransactions(store, snapshot, now)
  for (const { add, ...action } of checkpointActions(snapshot, transactions, now)) {
    if (add) numOfAddFiles++
    texts.push(add ? JSON.stringify({ add: stats.withStats(add) }) : actionText(action))
    // Writes continue while a big table gets its checkpoint.
    if (texts.length % ACTIONS_PER_TURN === 0) await setImmediate()
  }
  const batch: LogBatch = {
    rowCount: texts.length,
    columns: [COLUMN],
    vectors: [{ kind: 'text', values: texts, validity: null }],
  }
  // The engine writes under a temporary name, so that no reader sees a part. The bytes then get their name in one step.
  await using scratch = await store.engine.scratch(LOG_DIRECTORY)
  await session.withBatch(
    batch,
    ({ sql }) =>
      session.run(
        `copy (select unnest(from_json(action, ${quoteText(JSON.stringify(types))})) from ${sql})
         to ${quoteText(scratch.address)} (format parquet, compression snappy, use_tmp_file false)`,
      ),
    { chunkRows: ACTIONS_PER_TURN },
  )
  const bytes = await scratch.bytes()
  if (bytes === undefined) return
  // The checksum of a former file of that name would make Hadoop refuse the new one.
  await store.forgetChecksum?.(path)
  await store.putIfAbsent(path, bytes)
  const hint = { version: snapshot.version, size: texts.length, sizeInBytes: bytes.length, numOfAddFiles }
  await store.forgetChecksum?.(LAST_CHECKPOINT_PATH)
  await store.put(LAST_CHECKPOINT_PATH, new TextEncoder().encode(JSON.stringify(hint)))
}

/** Yields the actions of a checkpoint: removed files during their retention, transactions until they expire. */
function* checkpointActions(snapshot: Snapshot, transactions: readonly SetTransaction[], now: Date): Generator<Action> {
  const { protocol, metadata } = snapshot
  const { files, tombstones, domains } = snapshot.state()
  const { deletedFileRetentionMs } = tableProperties(metadata)
  const oldestTombstone = now.getTime() - deletedFileRetentionMs
  yield { protocol }
  yield { metaData: metadata }
  for (const txn of transactions) yield { txn }
  for (const domainMetadata of domains.values()) if (!domainMetadata.removed) yield { domainMetadata }
  for (const remove of tombstones.values()) {
    if ((remove.deletionTimestamp ?? 0) > oldestTombstone) yield { remove: { ...remove, dataChange: false } }
  }
  for (const add of files.values()) yield { add: { ...add, dataChange: false } }
}
