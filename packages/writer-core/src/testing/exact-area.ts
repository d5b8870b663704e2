import { expect, test } from 'vitest'
import { batchFromRows } from '../batch/rows.ts'
import type { ColumnDefinition } from '../column/column-definition.ts'
import type { ColumnType } from '../column/column-type.ts'
import { between, call, column, decimal, eq, gt, gte, isIn, isNull, lt, lte, ne, not } from '../predicate/build.ts'
import { describePredicate } from '../predicate/describe.ts'
import { parsePredicate } from '../predicate/parse/parse-predicate.ts'
import type { ComparisonOperator, Predicate } from '../predicate/predicate.ts'
import { type Random, seededRandom } from './seeded-random.ts'
import { type Bench, idsIn, read } from './storage-under-test.ts'

const ID: ColumnDefinition = { name: 'id', type: 'int64', nullable: false }
const D: ColumnDefinition = { name: 'd', type: 'decimal(20,0)', nullable: true }
const AMOUNT: ColumnDefinition = { name: 'amount', type: 'decimal(38,4)', nullable: true }
const BYTES: ColumnDefinition = { name: 'bytes', type: 'binary', nullable: true }
const COLUMNS = [ID, D, AMOUNT, BYTES]

/** Neighbouring numbers that round to the same double. */
const ROWS = [
  { id: 1, d: '9007199254740992', amount: '0.1000', bytes: '00' },
  { id: 2, d: '9007199254740993', amount: '-0.1000', bytes: '00ff' },
  { id: 3, d: '-9007199254740993', amount: '1234567890123456789012345678901234.5678', bytes: 'ff' },
  { id: 4, d: '0', amount: '1234567890123456789012345678901234.5679', bytes: '' },
  { id: 5, d: null, amount: null, bytes: null },
] as const

const BIG = '1234567890123456789012345678901234.5678'

const CASES: readonly [string, Predicate | string, readonly number[]][] = [
  ['a whole number', 'd = 9007199254740993', [2]],
  ['a negative one', 'd = -9007199254740993', [3]],
  ['a bigint', eq('d', 9007199254740992n), [1]],
  ['an integer with a zero after the decimal point', 'd = 9007199254740993.0', [2]],
  ['a fraction between two numbers', 'd > 9007199254740992.5', [2]],
  ['a fraction that no row has', 'd = 9007199254740992.5', []],
  ['not a fraction', 'not (d = 9007199254740992.5)', [1, 2, 3, 4]],
  ['unequal to a fraction', 'd != 0.5', [1, 2, 3, 4]],
  ['less than a fraction below zero', 'd < -0.5', [3]],
  ['in', 'd in (9007199254740993, 7)', [2]],
  ['in, next to a fraction', 'd in (9007199254740993, 0.5)', [2]],
  ['in fractions alone', 'd in (0.5, 1.5)', []],
  ['not in fractions alone', 'not (d in (0.5, 1.5))', [1, 2, 3, 4]],
  ['not in, with null', not(isIn('d', [0, null])), []],
  ['between', 'd between 9007199254740993 and 9007199254740994', [2]],
  ['between fractions', 'd between -0.5 and 9007199254740992.5', [1, 4]],
  ['beyond all digits', 'd < 100000000000000000000000000000', [1, 2, 3, 4]],
  ['beyond all digits, never', 'd >= 100000000000000000000000000000', []],
  ['a double far away', lt('d', 1e300), [1, 2, 3, 4]],
  ['NaN is greater', lt('d', Number.NaN), [1, 2, 3, 4]],
  ['an infinity', gt('d', Number.NEGATIVE_INFINITY), [1, 2, 3, 4]],
  ['a double by its shortest digits', eq('amount', 0.1), [1]],
  ['a fraction', 'amount = -0.1', [2]],
  ['38 digits', `amount = ${BIG}`, [3]],
  ['38 digits, in order', `amount > ${BIG}`, [4]],
  ['digits of a decimal literal', gte('amount', decimal(BIG)), [3, 4]],
  ['more digits than the column has', `amount <= ${BIG}5`, [1, 2, 3]],
  ['more digits in a list', `amount in (${BIG}5, ${BIG})`, [3]],
  ['the number first', `${BIG} < amount`, [4]],
  ['null', isNull('d'), [5]],
  ['the least distance', eq(call('abs', 'd'), 9007199254740993n), [2, 3]],
  ['rounded', eq(call('round', 'amount'), decimal('1234567890123456789012345678901235')), [3, 4]],
  ['floor', eq(call('floor', 'amount'), -1), [2]],
  ['ceil', eq(call('ceil', 'amount'), 1), [1]],
  ['coalesce', eq(call('coalesce', 'd', { kind: 'literal', value: 7 }), 7), [5]],
  ['the other column', lt('d', column('id')), [3, 4]],
  ['case', `case when d = 9007199254740993 then 'x' else 'y' end = 'x'`, [2]],
  ['bytes', eq('bytes', '00ff'), [2]],
  ['bytes in order', gt('bytes', '00'), [2, 3]],
  ['empty bytes', lte('bytes', ''), [4]],
]

/** Tests exact numbers and bytes: no digit is lost in tables, conditions and results. */
export function testExactValues(bench: Bench): void {
  const fillTable = async () => {
    const table = await bench.table({ columns: COLUMNS })
    // Separate appends, so that files with other bounds can be skipped.
    for (const row of ROWS) await table.append(batchFromRows(COLUMNS, [row]), { batchId: `b${row.id}` })
    return table
  }

  test('conditions on exact numbers match exactly', async () => {
    const table = await fillTable()
    for (const [name, condition, expected] of CASES) {
      const where = typeof condition === 'string' ? parsePredicate(condition) : condition
      expect(await idsIn(table, { where }), name).toEqual(expected)
    }
  })

  test('delete distinguishes two decimals that round to the same double', async () => {
    const table = await fillTable()
    bench.needs(table, 'delete')
    const { rowsDeleted } = await table.delete(parsePredicate('d = 9007199254740993'), { batchId: 'x' })
    expect([rowsDeleted, await idsIn(table)]).toEqual([1, [1, 3, 4, 5]])
  })

  test('merge matches decimals and bytes to the last digit', async () => {
    const table = await fillTable()
    bench.needs(table, 'merge')
    const batch = batchFromRows(COLUMNS, [{ id: 20, d: '9007199254740993', bytes: '00ff' }])
    const result = await table.merge(batch, { keys: ['d', 'bytes'], whenMatched: 'update' }, { batchId: 'm' })
    expect([result.rowsUpdated, result.rowsInserted]).toEqual([1, 0])
    expect(await idsIn(table)).toEqual([1, 3, 4, 5, 20])
  })

  test('figures of decimals are exact', async () => {
    const table = await fillTable()
    const of = column('amount')
    const [figures] = await table.aggregate({
      measures: [
        { as: 'sum', fn: 'sum', of },
        { as: 'whole', fn: 'sum', of: column('d') },
        { as: 'least', fn: 'min', of },
        { as: 'most', fn: 'max', of: column('d') },
        { as: 'mean', fn: 'avg', of: column('d'), where: gt('d', 0) },
        { as: 'different', fn: 'countDistinct', of: column('d') },
        { as: 'top', fn: 'argMax', of: column('amount'), by: column('d') },
        { as: 'bytes', fn: 'max', of: column('bytes') },
      ],
    })
    expect(figures).toEqual({
      sum: '2469135780246913578024691357802469.1357',
      whole: '9007199254740992',
      least: '-0.1000',
      most: '9007199254740993',
      mean: 9007199254740992,
      different: 4,
      top: '-0.1000',
      bytes: 'ff',
    })
    const groups = await table.aggregate({
      groupBy: [{ as: 'd', by: column('d') }],
      measures: [{ as: 'n', fn: 'count' }],
      where: gt('d', 0),
      orderBy: [{ column: 'd', descending: true }],
    })
    expect(groups).toEqual([
      { d: '9007199254740993', n: 1 },
      { d: '9007199254740992', n: 1 },
    ])
  })

  test('rows are ordered by all digits of exact numbers', async () => {
    const table = await fillTable()
    const found = await read(table, { columns: ['id'], orderBy: [{ column: 'd', descending: true }], limit: 2 })
    expect(found).toEqual([{ id: 2 }, { id: 1 }])
  })

  test('whole numbers compare exactly with fractions', async () => {
    const table = await bench.table({ columns: [ID] })
    await table.append(batchFromRows([ID], [{ id: 2n ** 53n }, { id: 2n ** 53n + 1n }]), { batchId: 'a' })
    const idsMatching = async (text: string) => (await read(table, { where: parsePredicate(text) })).map(({ id }) => id)
    expect(await idsMatching('id in (9007199254740993, 0.5)')).toEqual([9007199254740993n])
    expect(await idsMatching('id between 9007199254740992.5 and 9007199254740993.5')).toEqual([9007199254740993n])
    expect(await idsMatching('id = 9007199254740993.0')).toEqual([9007199254740993n])
  })

  test('random conditions on decimals agree with whole numbers of any size', async () => {
    const random = seededRandom(11)
    for (const [precision, scale] of [
      [4, 2],
      [9, 0],
      [18, 3],
      [20, 0],
      [38, 12],
    ] as const) {
      const columns: ColumnDefinition[] = [ID, { ...D, type: `decimal(${precision},${scale})` as ColumnType }]
      const storage = await bench.storage()
      const table = await storage.openTable({ schema: 's', name: `d${precision}` }, { columns })
      const values = Array.from({ length: 24 }, (_none, id) => ({ id, unscaled: randomUnscaled(random, precision) }))
      for (const half of [values.slice(0, 12), values.slice(12)]) {
        const rows = half.map(({ id, unscaled }) => ({ id, d: textOf(unscaled, scale) }))
        await table.append(batchFromRows(columns, rows), { batchId: `b${half[0]?.id}` })
      }
      for (let at = 0; at < 25; at++) {
        const { where, takes } = randomCondition(random, values, scale)
        const expected = values.filter(({ unscaled }) => takes(unscaled)).map(({ id }) => id)
        expect(await idsIn(table, { where }), describePredicate(where)).toEqual(expected)
      }
    }
  })
}

/** Returns numbers, many of them near the bounds and near each other. */
function randomUnscaled(random: Random, precision: number): bigint {
  const greatest = 10n ** BigInt(precision) - 1n
  const near = BigInt(random.below(3))
  const sign = random.below(2) === 0 ? 1n : -1n
  return sign * random.pick([greatest - near, near, greatest / 3n + near, 10n ** BigInt(precision >> 1) + near])
}

const OPERATORS: Readonly<Record<ComparisonOperator, (a: bigint, b: bigint) => boolean>> = {
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
}
const BUILDERS = { '=': eq, '!=': ne, '<': lt, '<=': lte, '>': gt, '>=': gte } as const

/** Returns a condition together with a test of the unscaled integers that it should match. */
function randomCondition(random: Random, values: readonly { readonly unscaled: bigint }[], scale: number) {
  // The constant has one more digit than the column.
  const constant = () => {
    const around = random.pick(values).unscaled * 10n + random.pick([0n, 0n, 1n, -1n, 5n])
    return { tenths: around, literal: decimal(textOf(around, scale + 1)) }
  }
  const [one, other] = [constant(), constant()]
  const takesTen = (test: (tenths: bigint) => boolean) => (unscaled: bigint) => test(unscaled * 10n)
  const operator = random.pick(Object.keys(BUILDERS) as ComparisonOperator[])
  const kinds: (() => { readonly where: Predicate; readonly takes: (unscaled: bigint) => boolean })[] = [
    () => ({
      where: BUILDERS[operator]('d', one.literal),
      takes: takesTen((tenths) => OPERATORS[operator](tenths, one.tenths)),
    }),
    () => ({
      where: not(BUILDERS[operator]('d', one.literal)),
      takes: takesTen((tenths) => !OPERATORS[operator](tenths, one.tenths)),
    }),
    () => ({
      where: between('d', one.literal, other.literal),
      takes: takesTen((tenths) => tenths >= one.tenths && tenths <= other.tenths),
    }),
    () => ({
      where: isIn(
        'd',
        [one, other].flatMap(({ literal }) => (literal.kind === 'literal' ? literal.value : [])),
      ),
      takes: takesTen((tenths) => tenths === one.tenths || tenths === other.tenths),
    }),
  ]
  return random.pick(kinds)()
}

function textOf(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
  return unscaled < 0n ? `-${text}` : text
}
