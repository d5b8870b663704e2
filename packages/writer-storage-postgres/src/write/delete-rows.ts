import type { Predicate } from '@forge/writer-core'
import { assertPredicate, evaluatePredicate, predicateColumns } from '@forge/writer-core/storage'
import type { Session, SqlValue } from '../connection/connections.ts'
import { errorCode } from '../connection/server-errors.ts'
import { namedColumns } from '../read/scan-table.ts'
import { readSql, textBatch } from '../read/text-batch.ts'
import { compilePredicate, splitPredicate } from '../sql/compile-predicate.ts'
import { parameterList } from '../sql/parameters.ts'
import type { TableShape } from '../table/table-state.ts'

const FETCH_ROWS = 8192
/** The columns that distinguish a row from all others of a table, whose partitions have places of their own. */
const PLACE = ['tableoid', 'ctid']

/**
 * Deletes the rows that match, or all rows without a predicate. Resolves with their number. With `mayDrop`, months all of whose rows match lose their
 * partitions, which the shape of the table then still names.
 */
export async function deleteRows(
  where: Predicate | undefined,
  session: Session,
  state: TableShape,
  mayDrop = false,
): Promise<number> {
  const { sqlName, columns } = state
  if (where) assertPredicate(where, columns)
  if (!state.exists) return 0
  if (!where) return session.run(`delete from ${sqlName}`)
  const list = parameterList()
  const sql = compilePredicate(where, { columns, list, mayFail: true })
  const deleted =
    sql === undefined ? undefined : await deleteOnServer({ sql, values: list.values }, session, state, mayDrop)
  return deleted ?? deleteTested(where, session, state)
}

/** Deletes the rows for which the server finds the condition true. Resolves with undefined if core must test the rows, as the server fails. */
async function deleteOnServer(
  condition: Condition,
  session: Session,
  state: TableShape,
  mayDrop: boolean,
): Promise<number | undefined> {
  await session.run('savepoint deletion')
  try {
    const dropped = mayDrop ? await dropWholeMonths(condition, session, state) : 0
    return dropped + (await session.run(`delete from ${state.sqlName} where ${condition.sql}`, condition.values))
  } catch (error) {
    if (!errorCode(error)?.startsWith('22')) throw error
    await session.run('rollback to savepoint deletion')
    return undefined
  }
}

/** A condition in SQL, and its values. */
interface Condition {
  readonly sql: string
  readonly values: readonly SqlValue[]
}

/** Drops the partitions all of whose rows match, unless readers hold the table. Resolves with the number of their rows. */
async function dropWholeMonths({ sql, values }: Condition, session: Session, state: TableShape): Promise<number> {
  let rows = 0
  for (const name of state.partitions?.months.values() ?? []) {
    const [others] = await session.rows(`select exists (select 1 from ${name} where (${sql}) is not true)`, values)
    if (others?.[0] !== 'f') continue
    const [count] = await session.rows(`select count(*) from ${name}`)
    if (count?.[0] === '0' || !(await isFree(session, state))) continue
    await session.run(`drop table ${name}`)
    rows += Number(count?.[0])
  }
  return rows
}

/** Locks the table alone, without waiting. Resolves with false if another transaction uses it. */
async function isFree(session: Session, { sqlName }: TableShape): Promise<boolean> {
  await session.run('savepoint locking')
  try {
    await session.run(`lock table ${sqlName} in access exclusive mode nowait`)
    return true
  } catch (error) {
    if (errorCode(error) !== '55P03') throw error
    await session.run('rollback to savepoint locking')
    return false
  }
}

/** Deletes the rows for which core finds the predicate true. */
async function deleteTested(where: Predicate, session: Session, state: TableShape): Promise<number> {
  const { sqlName, columns, foreign } = state
  const list = parameterList()
  const { sql } = splitPredicate(where, { columns, list })
  const needed = namedColumns([...predicateColumns(where)], columns)
  const selected = needed.map((column) => readSql(column, foreign.has(column.name)))
  const found = `select ${[...PLACE, ...selected].join(', ')} from ${sqlName} where ${sql}`
  await session.run(`declare forge_found no scroll cursor for ${found}`, list.values)
  const partitions: string[] = []
  const places: string[] = []
  for (;;) {
    const rows = await session.rows(`fetch ${FETCH_ROWS} from forge_found`)
    const batch = textBatch(
      needed,
      rows.map((row) => row.slice(PLACE.length)),
    )
    const truths = evaluatePredicate(where, batch)
    for (const [at, [partition, place]] of rows.entries()) {
      if (truths[at] !== 1) continue
      partitions.push(String(partition))
      places.push(String(place))
    }
    if (rows.length < FETCH_ROWS) break
  }
  await session.run('close forge_found')
  return session.run(
    `delete from ${sqlName} as t using unnest($1::oid[], $2::tid[]) as f(partition, place)
     where t.tableoid = f.partition and t.ctid = f.place`,
    [partitions, places],
  )
}
