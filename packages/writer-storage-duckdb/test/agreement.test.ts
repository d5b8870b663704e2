// @module-tag many-cases
import { batchFromRows, batchRows, type LogBatch, type Row, type Value } from '@forge/writer-core'
import { evaluateExpression, evaluatePredicate, expressionType } from '@forge/writer-core/storage'
import { compileExpression, compilePredicate, parameterList, type SqlQuery } from '@forge/writer-storage-duckdb/engine'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { COLUMNS, expressions, row } from './random-queries.ts'
import { useSession } from './use-session.ts'

const session = useSession()

const rows = fc.array(row, { minLength: 1, maxLength: 30 }).map((list) => list.map((one, id) => ({ ...one, id })))

async function selectRows(
  batch: LogBatch,
  sql: string,
  params: SqlQuery['params'],
  type = 'boolean' as const,
): Promise<Value[]> {
  return session().withBatch(batch, async (relation) => {
    const found: Row[] = []
    const columns = [{ name: 'value', type, nullable: true }]
    for await (const part of session().stream({
      sql: `select ${sql} as value from (select * replace (cast(extra as json) as extra) from ${relation.sql}) order by id`,
      params,
      columns,
    })) {
      found.push(...batchRows(part))
    }
    return found.map(({ value = null }) => value)
  })
}

test('predicates are as true in core as in the engine', async () => {
  await fc.assert(
    fc.asyncProperty(rows, expressions.condition, async (list, predicate) => {
      const batch = batchFromRows(COLUMNS, list)
      const { sql, params } = compilePredicate(predicate, COLUMNS)
      const truths = await selectRows(batch, sql, params)
      expect([...evaluatePredicate(predicate, batch)]).toEqual(
        truths.map((truth) => (truth === null ? 2 : truth ? 1 : 0)),
      )
    }),
    { numRuns: 500 },
  )
})

test('expressions have the values in core that they have in the engine', async () => {
  await fc.assert(
    fc.asyncProperty(
      rows,
      fc.oneof(expressions.number, expressions.text, expressions.flag, expressions.time),
      async (list, expression) => {
        const batch = batchFromRows(COLUMNS, list)
        const parameters = parameterList()
        const sql = compileExpression(expression, { columns: COLUMNS, list: parameters })
        const type = (expressionType(expression, COLUMNS) ?? 'string') as 'boolean'
        const values = await selectRows(batch, sql, parameters.values, type)
        expect(evaluateExpression(expression, batch).map(plain)).toEqual(values.map(plain))
      },
    ),
    { numRuns: 500 },
  )
})

/** Zeros of both signs are equal in SQL. */
function plain(value: Value): Value {
  return value === 0 ? 0 : value
}
