import { type LogBatch, type MergeOptions, type TableOptions, WriterConfigurationError } from '@forge/writer-core'
import { unknownColumns } from '@forge/writer-core/storage'
import { quoteIdentifier } from '../engine/identifiers.ts'
import type { CommitFigures } from '../journal/journal-state.ts'
import type { WriteContext } from './commit-write.ts'
import { type ColumnFit, fitColumns } from './fit-columns.ts'
import { insertSql } from './insert-batch.ts'

const STAGE = 'temp.main.forge_stage'
const ROW_NUMBER = 'forge_row_number'

/** Merges the batch by its keys. Matching stored rows are updated or kept, other rows are inserted. */
export async function mergeBatch(
  batch: LogBatch,
  { keys, whenMatched }: MergeOptions,
  options: TableOptions,
  context: WriteContext,
): Promise<CommitFigures> {
  assertKeys(batch, keys)
  const kept = new Set(context.table.columns.some(({ name }) => name === 'created_at') ? ['created_at', ...keys] : keys)
  const fit = await fitColumns(batch, options, context)
  const { writer } = context.file
  await stageBatch(batch, fit, keys, whenMatched, context)
  try {
    const same = keys.map((key) => `t.${quoteIdentifier(key)} = s.${quoteIdentifier(key)}`).join(' and ')
    const rowsUpdated = whenMatched === 'update' ? await updateRows(fit, kept, same, context) : 0
    const unmatched = `where not exists (select 1 from ${context.table.sqlName} t where ${same}) order by ${ROW_NUMBER}`
    const rowsInserted = await writer.run(
      insertSql(
        { targets: fit.targets.map(({ name }) => ({ name, select: quoteIdentifier(name) })) },
        context,
        `${STAGE} s ${unmatched}`,
      ),
    )
    const rowsSkipped = whenMatched === 'ignore' ? batch.rowCount - rowsInserted : 0
    return { rowsInserted, rowsUpdated, rowsSkipped }
  } finally {
    await writer.run(`drop table if exists ${STAGE}`).catch(() => undefined)
  }
}

function assertKeys(batch: LogBatch, keys: readonly string[]): void {
  if (keys.length === 0) throw new WriterConfigurationError('a merge needs at least one key', { committed: 'no' })
  const missing = keys.filter((key) => !batch.columns.some(({ name }) => name === key))
  if (missing.length > 0) throw unknownColumns(missing, batch.columns)
}

// Stages the batch in the table's types, one row per key. A null key matches no other, so rows with one are all kept.
async function stageBatch(
  batch: LogBatch,
  { targets }: ColumnFit,
  keys: readonly string[],
  whenMatched: MergeOptions['whenMatched'],
  { file: { writer } }: WriteContext,
): Promise<void> {
  const selected = targets.map(({ name, select }) => `${select} as ${quoteIdentifier(name)}`)
  const names = keys.map(quoteIdentifier)
  const order = whenMatched === 'update' ? 'desc' : 'asc'
  await writer.withBatch(
    batch,
    ({ sql }) =>
      writer.run(`create temporary table forge_stage as
        select ${selected.join(', ')}, ${ROW_NUMBER} from ${sql}
        qualify ${names.map((name) => `${name} is null`).join(' or ')}
          or row_number() over (partition by ${names.join(', ')} order by ${ROW_NUMBER} ${order}) = 1`),
    { rowNumber: ROW_NUMBER },
  )
}

async function updateRows(
  { targets }: ColumnFit,
  kept: ReadonlySet<string>,
  same: string,
  { file: { writer }, table }: WriteContext,
): Promise<number> {
  const given = new Set(targets.map(({ name }) => name))
  const changes = table.columns
    .filter(({ name }) => !kept.has(name) && given.has(name))
    .map(({ name }) => `${quoteIdentifier(name)} = s.${quoteIdentifier(name)}`)
  if (changes.length === 0) return countMatched(same, writer, table)
  return writer.run(`update ${table.sqlName} as t set ${changes.join(', ')} from ${STAGE} s where ${same}`)
}

/** Counts matching rows that have no columns to update. */
async function countMatched(
  same: string,
  writer: WriteContext['file']['writer'],
  table: WriteContext['table'],
): Promise<number> {
  const [count] = await writer.rows(
    `select count(*) as n from ${table.sqlName} as t where exists (select 1 from ${STAGE} s where ${same})`,
  )
  return Number(count?.n ?? 0)
}
