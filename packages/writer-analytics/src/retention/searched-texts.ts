import {
  batchRows,
  column,
  type Expression,
  isIn,
  type Literal,
  type LogTable,
  type Predicate,
} from '@forge/writer-core'
import { findColumn } from '@forge/writer-core/storage'

const MIN_CHARACTERS = 4
const MAX_TEXTS = 50
const SAMPLED_ROWS = 1000
/**
 * Columns whose values belong to one row. Ids of runs are not among them: batches are named after them, and stay known so that none is stored twice.
 */
const OWN_COLUMNS = ['error_message', 'metadata']

/**
 * Returns the texts that must not remain anywhere after the rows under the condition are deleted: those given, and those of the condition and the
 * values of the rows that no other row has. Must be called before the rows are deleted.
 */
export async function searchedTexts(table: LogTable, where: Predicate, given: readonly string[]): Promise<string[]> {
  const texts = new Set(given)
  for (const { of, values } of [...comparedValues(where), ...(await sampleValues(table, where))]) {
    const long = [...new Set(values)].filter((text) => [...text].length >= MIN_CHARACTERS).slice(0, MAX_TEXTS)
    for (const text of await inNoOther(table, where, { of, values: long })) {
      if (texts.size < MAX_TEXTS) texts.add(text)
    }
  }
  return [...texts]
}

interface Candidates {
  readonly of: Expression
  readonly values: readonly string[]
}

/**
 * Returns the values that no other row has. Values that no row has are included: if an erasure was interrupted and is repeated, the rows may be
 * deleted while their older versions still exist.
 */
async function inNoOther(table: LogTable, where: Predicate, { of, values }: Candidates): Promise<string[]> {
  if (values.length === 0) return []
  const rows = await table.aggregate({
    where: isIn(of, values),
    groupBy: [{ as: 'value', by: of }],
    measures: [
      { as: 'all', fn: 'count' },
      { as: 'own', fn: 'count', where },
    ],
  })
  const others = new Set(rows.flatMap(({ value, all, own }) => (all === own ? [] : [value])))
  return values.filter((value) => !others.has(value))
}

/** Returns the values in the columns that belong to one row. */
async function sampleValues(table: LogTable, where: Predicate): Promise<Candidates[]> {
  const { columns } = await table.info()
  const names = OWN_COLUMNS.filter((name) => findColumn(name, columns) !== undefined)
  const values = new Map<string, Set<string>>(names.map((name) => [name, new Set()]))
  for await (const batch of table.scan({ columns: names, where, limit: SAMPLED_ROWS })) {
    for (const row of batchRows(batch)) {
      for (const [name, found] of values) {
        const value = row[name]
        if (typeof value === 'string' && found.size < MAX_TEXTS) found.add(value)
      }
    }
  }
  return [...values].map(([name, found]) => ({ of: column(name), values: [...found] }))
}

/** Returns the texts that the condition compares columns with by equality. */
function comparedValues(predicate: Predicate): Candidates[] {
  switch (predicate.op) {
    case 'and':
    case 'or':
      return predicate.args.flatMap(comparedValues)
    case 'compare': {
      const { left, right, operator } = predicate
      if (operator !== '=') return []
      return right.kind === 'literal'
        ? textsOf(left, [right.value])
        : left.kind === 'literal'
          ? textsOf(right, [left.value])
          : []
    }
    case 'in':
      return textsOf(predicate.value, predicate.list)
    case 'true':
    case 'false':
    case 'not':
    case 'between':
    case 'isNull':
    case 'like':
    case 'matches':
      return []
  }
}

function textsOf(of: Expression, literals: readonly Literal[]): Candidates[] {
  return [{ of, values: literals.filter((value) => typeof value === 'string') }]
}
