import { type LogBatch, type MergeOptions, type TableOptions, WriterConfigurationError } from '@forge/writer-core'
import { assertMethodOptions, isNested, unknownColumns } from '@forge/writer-core/storage'
import type { Session } from '../connection/connections.ts'
import { copyBatch } from '../copy/copy-batch.ts'
import type { CommitFigures } from '../journal/journal.ts'
import { columnDdl } from '../sql/column-types.ts'
import { quoteIdentifier } from '../sql/identifiers.ts'
import type { TableShape } from '../table/table-state.ts'
import { changeTable, fitTable } from './fit-table.ts'

const STAGE = 'pg_temp.forge_stage'
const NUMBER = 'forge_row_number'

/** Merges the batch by its keys. Matching stored rows are updated or kept, other rows are inserted. */
export async function mergeRows(
  given: LogBatch,
  merge: MergeOptions,
  options: TableOptions,
  session: Session,
  before: TableShape,
): Promise<CommitFigures> {
  assertMethodOptions('merge', merge)
  const { keys, whenMatched } = merge
  assertKeys(given, keys)
  const hadCreatedAt = before.columns.some(({ name }) => name === 'created_at')
  const { batch, state, changes } = fitTable(given, before, options)
  await changeTable(session, changes)
  await stage(batch, keys, whenMatched, session)
  const same = keys.map((key) => `${keySql('t', key, state)} = ${keySql('s', key, state)}`).join(' and ')
  const kept = new Set([...keys, ...(hadCreatedAt ? ['created_at'] : [])])
  const changed = batch.columns.filter(({ name }) => !kept.has(name)).map(({ name }) => quoteIdentifier(name))
  const rowsUpdated = whenMatched === 'update' ? await update(changed, same, session, state) : 0
  const names = batch.columns.map(({ name }) => quoteIdentifier(name)).join(', ')
  const rowsInserted = await session.run(
    `insert into ${state.sqlName} (${names}) select ${names} from ${STAGE} s
     where not exists (select 1 from ${state.sqlName} t where ${same}) order by ${NUMBER}`,
  )
  await session.run(`drop table ${STAGE}`)
  return { rowsInserted, rowsUpdated, rowsSkipped: whenMatched === 'ignore' ? given.rowCount - rowsInserted : 0 }
}

function assertKeys(batch: LogBatch, keys: readonly string[]): void {
  if (keys.length === 0) throw new WriterConfigurationError('a merge needs at least one key', { committed: 'no' })
  const missing = keys.filter((key) => !batch.columns.some(({ name }) => name === key))
  if (missing.length > 0) throw unknownColumns(missing, batch.columns)
}

/** Stages the batch, one row per key. A null key matches no other, so rows with one are all kept. */
async function stage(
  batch: LogBatch,
  keys: readonly string[],
  whenMatched: MergeOptions['whenMatched'],
  session: Session,
): Promise<void> {
  const columns = batch.columns.map((column) => columnDdl({ ...column, nullable: true }))
  await session.run(`create temporary table forge_stage (${columns.join(', ')}, ${NUMBER} integer) on commit drop`)
  await copyBatch(session, STAGE, batch, NUMBER)
  const names = keys.map((key) => keySql('s', key, batch))
  const order = `${NUMBER} ${whenMatched === 'update' ? 'desc' : 'asc'}`
  const whole = names.map((name) => `${name} is not null`).join(' and ')
  const ranked = `select ${NUMBER}, row_number() over (partition by ${names.join(', ')} order by ${order}) as place from ${STAGE} s where ${whole}`
  await session.run(
    `delete from ${STAGE} where ${NUMBER} in (select ${NUMBER} from (${ranked}) as ranked where place > 1)`,
  )
  await session.run(`analyze ${STAGE}`)
}

/** Returns a key in a type that the server can compare. */
function keySql(alias: 's' | 't', key: string, { columns }: Pick<LogBatch, 'columns'>): string {
  const type = columns.find(({ name }) => name === key)?.type
  const quoted = `${alias}.${quoteIdentifier(key)}`
  return type === 'json' || (type !== undefined && isNested(type)) ? `${quoted}::text` : quoted
}

/** Updates the stored rows. Rows without a column to update are counted. */
async function update(changed: readonly string[], same: string, session: Session, state: TableShape): Promise<number> {
  if (changed.length > 0) {
    const sets = changed.map((name) => `${name} = s.${name}`).join(', ')
    return session.run(`update ${state.sqlName} as t set ${sets} from ${STAGE} s where ${same}`)
  }
  const [count] = await session.rows(
    `select count(*) from ${state.sqlName} t where exists (select 1 from ${STAGE} s where ${same})`,
  )
  return Number(count?.[0])
}
