// Every Delta type on every write path: the other engines must read what our files hold, and write on.
import { join } from 'node:path'
import { batchFromRows, batchRows } from '../../../packages/writer-core/dist/index.js'
import { deltaStorage } from '../../../packages/writer-storage-delta/dist/index.js'

/** Columns of a table that Spark makes, and a value of each in its words. */
const SPARK_TYPES = {
  id: ['bigint', '{id}'],
  text: ['string', `'t'`],
  whole: ['int', '1'],
  small: ['smallint', 'cast(1 as smallint)'],
  tiny: ['tinyint', 'cast(1 as tinyint)'],
  half: ['float', 'cast(0.1 as float)'],
  value: ['double', '0.1D'],
  flag: ['boolean', 'true'],
  bytes: ['binary', `unhex('FF')`],
  day: ['date', `date'2024-02-29'`],
  at: ['timestamp', `timestamp'2024-02-29 00:00:00.123456'`],
  local: ['timestamp_ntz', `timestamp_ntz'2024-02-29 00:00:00.123456'`],
  price: ['decimal(9,2)', 'cast(1.25 as decimal(9,2))'],
  cost: ['decimal(18,4)', 'cast(1.25 as decimal(18,4))'],
  mass: ['decimal(38,0)', 'cast(9007199254740993 as decimal(38,0))'],
  floats: ['array<float>', 'array(cast(0.1 as float))'],
  counts: ['map<string,smallint>', `map('a', cast(1 as smallint))`],
  pair: ['struct<half:float,tiny:tinyint>', `named_struct('half', cast(0.1 as float), 'tiny', cast(1 as tinyint))`],
}
const COLUMNS = [
  ['id', 'int64'],
  ['text', 'string'],
  ['whole', 'int32'],
  ['small', 'int32'],
  ['tiny', 'int32'],
  ['half', 'float'],
  ['value', 'double'],
  ['flag', 'boolean'],
  ['day', 'date'],
  ['at', 'timestamp'],
  ['local', 'timestamp'],
].map(([name, type]) => ({ name, type, nullable: true }))
const NUMBERS = [-0, 0, 0, 0, 1.5, -1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** -149]

const rows = (first, count) =>
  batchFromRows(
    COLUMNS,
    Array.from({ length: count }, (_none, at) => ({
      id: first + at,
      text: `row ${at}`,
      whole: at,
      small: at % 100,
      tiny: at % 100,
      half: NUMBERS[at % NUMBERS.length],
      value: NUMBERS[at % NUMBERS.length],
      flag: at % 2 === 0,
      day: '2024-02-29',
      at: '2024-02-29T00:00:00.000001Z',
      local: '2024-02-29T00:00:00.000001Z',
    })),
  )
const where = (name, value) => ({
  op: 'compare',
  operator: '=',
  left: { kind: 'column', name },
  right: { kind: 'literal', value },
})

const PATHS = {
  'small-append': (table) => table.append(rows(10, 3), { batchId: 'b' }),
  'large-append': (table) => table.append(rows(10, 3000), { batchId: 'b' }),
  stream: (table) => table.appendStream([rows(10, 3), rows(20, 3000)], { batchId: 'b' }),
  merge: (table) => table.merge(rows(1, 50), { keys: ['id'], whenMatched: 'update' }, { batchId: 'b' }),
  ignore: (table) => table.merge(rows(1, 50), { keys: ['id'], whenMatched: 'ignore' }, { batchId: 'b' }),
  overwrite: (table) => table.overwrite(rows(10, 500), { batchId: 'b' }),
  'overwrite-part': (table) => table.overwrite(rows(10, 500), { batchId: 'b' }, where('id', 1)),
  delete: (table) => table.delete(where('id', 1), { batchId: 'b' }),
  optimize: (table) => table.optimize(),
  'z-order': (table) => table.optimize({ clusterColumns: ['half', 'at'] }),
  widen: (table) => table.evolve({ widen: [{ column: 'whole', to: 'int64' }] }),
  'new-column': async (table) => {
    await table.evolve({ add: [{ name: 'more', type: 'float', nullable: true }] })
    await table.append(rows(10, 500), { batchId: 'b' })
  },
}

export async function checkTypes({ path, judge, tally }) {
  for (const [name, write] of Object.entries(PATHS)) await checkPath({ path, judge, tally, name, write })
  await checkVoid({ path, judge, tally })
}

async function checkPath({ path, judge, tally, name, write }) {
  const location = join(path, 'types', name)
  const columns = Object.entries(SPARK_TYPES).map(([column, [type]]) => `${column} ${type}`)
  const values = (id) => Object.values(SPARK_TYPES).map(([, value]) => value.replace('{id}', id))
  const made = await tally.check(`types: spark makes the table for ${name}`, async () => {
    await judge.ask('spark', 'sql', location, `create table {table} (${columns.join(', ')}) using delta`)
    await judge.ask('spark', 'sql', location, `insert into {table} values (${values(1)}), (${values(2)})`)
    await judge.ask('spark', 'sql', location, `insert into {table} values (${values(3)})`)
  })
  if (!made) return
  const storage = deltaStorage({ path })
  const table = await storage.openTable({ schema: 'types', name }, { evolveSchema: true })
  if (await tally.check(`types: we write by ${name}`, async () => void (await write(table)))) {
    await checkRead({ judge, tally, table, location, name })
    const after = name === 'new-column' ? [...values(9000), 'cast(1 as float)'] : values(9000)
    await tally.check(`types: spark writes on after ${name}`, async () => {
      await judge.ask('spark', 'sql', location, `insert into {table} values (${after})`)
      await judge.ask('spark', 'sql', location, 'delete from {table} where id = 3')
      await judge.ask('spark', 'sql', location, 'optimize {table}')
    })
    await tally.check(`types: delta-rs writes on after ${name}`, async () => {
      await judge.ask('delta-rs', 'delete', location, 2)
    })
    await checkRead({ judge, tally, table, location, name: `${name} and writes of others` })
  }
  await storage.close()
}

async function checkRead({ judge, tally, table, location, name }) {
  const ours = []
  for await (const batch of table.scan({ columns: ['id', 'half', 'value', 'text'] })) ours.push(...batchRows(batch))
  const some = (list) =>
    list.map(({ id, half, value, text }) => ({ id, half: wordOf(half), value: wordOf(value), text }))
  const theirs = {}
  for (const engine of ['spark', 'delta-rs', 'duckdb']) {
    await tally.same(
      `types: ${engine} reads ${name}`,
      async () => {
        theirs[engine] = await judge.ask(engine, 'read', location)
        return some(theirs[engine])
      },
      some(ours),
    )
  }
  for (const engine of ['delta-rs', 'duckdb']) {
    await tally.same(`types: ${engine} reads ${name} as spark does`, async () => theirs[engine], theirs.spark ?? [])
  }
  for (const column of ['half', 'value']) {
    const [{ n }] = await table.aggregate({ where: where(column, 0), measures: [{ as: 'n', fn: 'count' }] })
    await tally.same(
      `types: zeros of ${column} are found in ${name}`,
      async () => [
        await judge.ask('spark', 'count', location, `${column} = 0`),
        await judge.ask('delta-rs', 'zeros', location, column),
      ],
      [n, n],
    )
  }
}

function wordOf(value) {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
}

/** delta-rs 1.6 and DuckDB do not read columns of type void. */
async function checkVoid({ path, judge, tally }) {
  const location = join(path, 'types', 'void')
  await tally.check('types: spark makes a table with void', async () => {
    await judge.ask('spark', 'sql', location, 'create table {table} (id bigint, text string, nothing void) using delta')
  })
  const storage = deltaStorage({ path })
  const table = await storage.openTable({ schema: 'types', name: 'void' })
  for (const count of [2, 3000]) {
    await tally.check('types: we write a table with void', async () => {
      const batch = batchFromRows(
        COLUMNS.slice(0, 2),
        [...batchRows(rows(count, count))].map(({ id, text }) => ({ id, text })),
      )
      await table.append(batch, { batchId: `v${count}` })
    })
  }
  await tally.check('types: we pack a table with void', async () => void (await table.optimize()))
  await tally.same('types: spark reads it', () => judge.ask('spark', 'count', location, 'nothing is null'), 3002)
  await tally.check('types: spark writes it on', async () => {
    await judge.ask('spark', 'sql', location, `insert into {table} (id, text) values (1, 'x')`)
    await judge.ask('spark', 'sql', location, 'delete from {table} where id = 2')
  })
  await tally.same('types: we read it', async () => (await table.info()).rowCount, 3002)
  await storage.close()
}
