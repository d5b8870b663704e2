import { randomUUID } from 'node:crypto'
import { batchBytes } from '../batch/batch-bytes.ts'
import { concatBatches, unknownColumns } from '../batch/select.ts'
import { WriterSchemaError, WriterTableError } from '../errors/kinds.ts'
import type { ColumnDefinition, ColumnType } from '../log/column-definition.ts'
import { LOG_COLUMNS } from '../log/columns.ts'
import { scanBatches } from '../query/scan-batches.ts'
import type { LogTable, TableOptions } from '../storage/log-table.ts'
import type { FileTotals, OptimizeResult, SchemaChange, SchemaReport } from '../storage/upkeep.ts'
import { liveBatches, type Snapshot, type Versions } from './versions.ts'

type Upkeep = Required<Pick<LogTable, 'evolve' | 'optimize' | 'vacuum' | 'analyze' | 'validateSchema'>>

const DEFAULT_RETENTION_HOURS = 168
const WIDER: Readonly<Partial<Record<ColumnType, readonly ColumnType[]>>> = {
  int32: ['int64', 'double'],
  float: ['double'],
  json: ['string'],
}

export function memoryUpkeep(versions: Versions, options: TableOptions, assertOpen: () => void): Upkeep {
  return {
    async evolve(change) {
      assertOpen()
      const before = versions.latest()
      if (before.version < 0) throw new WriterTableError('there is no table to evolve', { committed: 'no' })
      const columns = evolved(before.columns, change)
      versions.commit({ operation: 'evolve', columns, isRewrite: false, batches: [] }, { batchId: randomUUID() })
    },
    async optimize(asked = {}) {
      assertOpen()
      const clusterColumns = asked.clusterColumns ?? options.clusterColumns ?? []
      return optimize(versions, clusterColumns)
    },
    async vacuum({ retentionHours = DEFAULT_RETENTION_HOURS, dryRun = false } = {}) {
      assertOpen()
      const { batches, bytes } = versions.forget(new Date(Date.now() - retentionHours * 3_600_000), dryRun)
      return { dryRun, filesRemoved: batches, bytesFreed: bytes }
    },
    async analyze() {
      assertOpen()
      const { rowCount, columns } = versions.latest()
      return { rowCount, columnsAnalyzed: columns.map(({ name }) => name) }
    },
    async validateSchema() {
      assertOpen()
      return report(versions.latest(), options.columns ?? LOG_COLUMNS)
    },
  }
}

function evolved(columns: readonly ColumnDefinition[], { add = [], widen = [] }: SchemaChange): ColumnDefinition[] {
  const names = new Set(columns.map(({ name }) => name.toLowerCase()))
  const known = add.filter(({ name }) => names.has(name.toLowerCase()))
  if (known.length > 0) {
    throw new WriterSchemaError(`columns are there already: ${known.map(({ name }) => name).join(', ')}`, {
      committed: 'no',
    })
  }
  const missing = widen.map(({ column }) => column).filter((name) => !columns.some((column) => column.name === name))
  if (missing.length > 0) throw unknownColumns(missing, columns)
  const types = new Map(widen.map(({ column, to }) => [column, to]))
  const kept = columns.map((column) => {
    const to = types.get(column.name) ?? column.type
    if (to === column.type || WIDER[column.type]?.includes(to)) return { ...column, type: to }
    throw new WriterSchemaError(`column ${column.name} cannot be widened from ${column.type} to ${to}`, {
      committed: 'no',
    })
  })
  return [...kept, ...add.map((column) => ({ ...column, nullable: true }))]
}

/** One batch in place of many, in the order of the columns. */
async function optimize(versions: Versions, clusterColumns: readonly string[]): Promise<OptimizeResult> {
  const before = versions.latest()
  const totals = filesOf(before)
  if (totals.files <= 1 && clusterColumns.length === 0) {
    const reason = before.version < 0 ? 'there is no table' : 'all rows are together already'
    return { applied: [], skipped: [{ name: 'compaction', reason }], before: totals, after: totals }
  }
  const orderBy = clusterColumns.map((column) => ({ column }))
  const batches = []
  for await (const batch of scanBatches(liveBatches(before), { orderBy }, before.columns)) batches.push(batch)
  const change = {
    operation: 'optimize',
    columns: before.columns,
    isRewrite: true,
    batches: [concatBatches(batches)],
  } as const
  versions.commit(change, { batchId: randomUUID() })
  const applied = clusterColumns.length > 0 ? ['compaction', 'cluster'] : ['compaction']
  return { applied, skipped: [], before: totals, after: filesOf(versions.latest()) }
}

function filesOf(snapshot: Snapshot): FileTotals {
  const batches = liveBatches(snapshot)
  return { files: batches.length, bytes: batches.reduce((sum, batch) => sum + batchBytes(batch), 0) }
}

function report({ version, columns }: Snapshot, expected: readonly ColumnDefinition[]): SchemaReport {
  if (version < 0) return { valid: true, problems: [] }
  const problems = expected.flatMap((column) => {
    const found = columns.find(({ name }) => name === column.name)
    if (!found) return [{ column: column.name, problem: 'is missing', suggestion: 'evolve() adds it.' }]
    if (found.type === column.type) return []
    return [
      { column: column.name, problem: `is ${found.type}, expected ${column.type}`, suggestion: 'evolve() widens it.' },
    ]
  })
  return { valid: problems.length === 0, problems }
}
