import type { OptimizeOptions, OptimizeResult } from '@forge/writer-core'
import { assertMethodOptions, findColumn, unknownColumns } from '@forge/writer-core/storage'
import type { AddFile } from '../actions/actions.ts'
import { fileKey } from '../actions/file-key.ts'
import { readFilesSql } from '../data/read-files.ts'
import type { Snapshot } from '../log/snapshot.ts'
import { columnsFromSchema } from '../schema/log-columns.ts'
import { parseSchema } from '../schema/schema-json.ts'
import type { TableCore } from '../table/table-core.ts'
import { NO_ROWS, type Proposal } from '../transaction/proposal.ts'
import { LAYOUT_TAG, type Layout, layoutTag, packBins } from './pack-bins.ts'
import { type Preparation, removeOf, sumOf, write } from './write-request.ts'
import { zOrdered } from './z-order.ts'

const MIB = 1024 * 1024

/** Packs small files together, and orders rows if columns are given. Makes one commit for each group of files. The rows stay the same. */
export async function optimize(core: TableCore, options: OptimizeOptions = {}): Promise<OptimizeResult> {
  assertMethodOptions('optimize', options)
  const before = await core.latest()
  const none = { files: 0, bytes: 0 }
  if (before === undefined)
    return {
      applied: [],
      skipped: [{ name: 'compaction', reason: 'the table does not exist' }],
      before: none,
      after: none,
    }
  const orderBy = storedNames(before, options.clusterColumns ?? core.settings.clusterColumns)
  const targetFileBytes =
    options.targetFileSizeMb === undefined ? core.settings.targetFileBytes : options.targetFileSizeMb * MIB
  const layout: Layout = { targetFileBytes, orderBy }
  let commits = 0
  for (const bin of packBins([...before.state().files.values()], layout)) {
    const result = await write(core, {
      name: 'optimize',
      kind: { changesRows: false, writesData: true },
      compression: options.compression,
      targetFileBytes,
      prepare: (preparation) =>
        packFiles(core, preparation, {
          files: bin,
          orderBy,
          tags: { [LAYOUT_TAG]: layoutTag(layout) },
          isAutomatic: false,
        }),
    })
    if (result) commits++
  }
  const name = orderBy.length > 0 ? 'zorder' : 'compaction'
  const skipped = skippedOptions(options, before)
  if (commits === 0) skipped.push({ name, reason: 'the files are already packed' })
  const after = (await core.latest()) ?? before
  return { applied: commits > 0 ? [name] : [], skipped, before: totals(before), after: totals(after) }
}

export interface Packing {
  readonly files: readonly AddFile[]
  /** The columns that order the rows; empty for plain compaction. */
  readonly orderBy: readonly string[]
  /** The tags of the new files. */
  readonly tags: Readonly<Record<string, string>>
  /** True if no caller asked for it. */
  readonly isAutomatic: boolean
}

/** Rewrites the rows of files together, without committing. Returns undefined if there is nothing left to pack. */
export async function packFiles(
  core: TableCore,
  { session: openSession, snapshot, write: writeRows }: Preparation,
  { files: wanted, orderBy, tags, isAutomatic }: Packing,
): Promise<Proposal | undefined> {
  if (snapshot === undefined) return undefined
  // Another writer may have removed files of the group meanwhile; the rest is packed.
  const live = snapshot.state().files
  const files = wanted.filter((file) => live.has(fileKey(file.path, file.deletionVector)))
  if (files.length === 0 || (files.length === 1 && orderBy.length === 0 && !files[0]?.deletionVector)) return undefined
  const session = await openSession()
  const rows = await readFilesSql({ store: core.store, session, shapes: core.shapes }, snapshot, files)
  const sql = orderBy.length > 0 ? zOrdered(rows, orderBy) : rows
  const written = await writeRows(snapshot.metadata, { sql, params: [] }, { dataChange: false })
  const adds = written.map(({ add }) => ({ ...add, tags }))
  const now = core.settings.now()
  return {
    operation: 'OPTIMIZE',
    parameters: { predicate: '[]', zOrderBy: JSON.stringify(orderBy), clusterBy: '[]', auto: String(isAutomatic) },
    metrics: {
      numAddedFiles: adds.length,
      numRemovedFiles: files.length,
      numAddedBytes: sumOf(adds),
      numRemovedBytes: sumOf(files),
      ...sizeQuantiles(adds.map(({ size }) => size)),
      numDeletionVectorsRemoved: files.filter((file) => file.deletionVector).length,
    },
    reads: 'removed',
    actions: [...files.map((file) => ({ remove: removeOf(file, now, false) })), ...adds.map((add) => ({ add }))],
    rows: NO_ROWS,
  }
}

function sizeQuantiles(sizes: readonly number[]) {
  const sorted = sizes.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { minFileSize: at(0), p25FileSize: at(0.25), p50FileSize: at(0.5), p75FileSize: at(0.75), maxFileSize: at(1) }
}

function skippedOptions(options: OptimizeOptions, { metadata }: Snapshot): { name: string; reason: string }[] {
  const wanted = options.partitionColumns
  if (wanted === undefined || JSON.stringify(wanted) === JSON.stringify(metadata.partitionColumns)) return []
  return [{ name: 'partitioning', reason: 'the partition columns of a Delta table are set when it is created' }]
}

/** The columns as the table spells them. Throws WriterSchemaError for those that it does not have. */
function storedNames({ metadata }: Snapshot, names: readonly string[]): readonly string[] {
  const columns = columnsFromSchema(parseSchema(metadata))
  const missing = names.filter((name) => !findColumn(name, columns))
  if (missing.length > 0) throw unknownColumns(missing, columns)
  return names.flatMap((name) => findColumn(name, columns)?.name ?? [])
}

function totals(snapshot: Snapshot) {
  const files = [...snapshot.state().files.values()]
  return { files: files.length, bytes: sumOf(files) }
}
