import type { Predicate } from '@forge/writer-core'
import { assertPredicate, evaluatePredicate, predicateColumns } from '@forge/writer-core/storage'
import type { Session } from '../connection/connections.ts'
import { namedColumns } from '../read/scan-table.ts'
import { readSql, textBatch } from '../read/text-batch.ts'
import { compilePredicate, splitPredicate } from '../sql/compile-predicate.ts'
import { parameterList } from '../sql/parameters.ts'
import type { TableShape } from '../table/table-state.ts'

const FETCH_ROWS = 8192
/** The columns that distinguish a row from all others of a table, whose partitions have places of their own. */
const PLACE = ['tableoid', 'ctid']

/** Deletes the rows that match, or all rows without a predicate. Resolves with their number. */
export async function deleteRows(where: Predicate | undefined, session: Session, state: TableShape): Promise<number> {
  const { sqlName, columns } = state
  if (where) assertPredicate(where, columns)
  if (!state.exists) return 0
  if (!where) return session.run(`delete from ${sqlName}`)
  const list = parameterList()
  const sql = compilePredicate(where, { columns, list })
  if (sql !== undefined) return session.run(`delete from ${sqlName} where ${sql}`, list.values)
  return deleteTested(where, session, state)
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
