// Checks every Delta type on every write path: other engines must read our files, and continue to write.
import { join } from 'node:path'
import { batchFromRows, batchRows } from '../../../packages/writer-core/dist/index.js'
import { deltaStorage } from '../../../packages/writer-storage-delta/dist/index.js'

/** The columns of a table that Spark creates, each with its type and a value in Spark SQL. */
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

/** The write paths. Those of a group change one table in turn, so that Spark creates few tables. */
const GROUPS = {
  appends: {
    'small-append': (table, batchId) => table.append(rows(10, 3), { batchId }),
    'large-append': (table, batchId) => table.append(rows(10, 3000), { batchId }),
    stream: (table, batchId) => table.appendStream([rows(10, 3), rows(20, 3000)], { batchId }),
    'overwrite-part': (table, batchId) => table.overwrite(rows(10, 500), where('id', 1), { batchId }),
  },
  merges: {
    ignore: (table, batchId) => table.merge(rows(1, 40), { keys: ['id'], whenMatched: 'ignore' }, { batchId }),
    merge: (table, batchId) => table.merge(rows(1, 50), { keys: ['id'], whenMatched: 'update' }, { batchId }),
    delete: (table, batchId) => table.delete(where('id', 1), { batchId }),
  },
  layouts: {
    optimize: (table) => table.optimize(),
    'z-order': (table) => table.optimize({ clusterColumns: ['half', 'at'] }),
    widen: (table) => table.evolve({ widen: [{ column: 'whole', to: 'int64' }] }),
    'new-column': async (table, batchId) => {
      await table.evolve({ add: [{ name: 'more', type: 'float', nullable: true }] })
      await table.append(rows(10, 500), { batchId })
    },
    overwrite: (table, batchId) => table.overwrite(rows(1, 500), { batchId }),
  },
}

export async function checkTypes({ path, judge, tally }) {
  for (const [name, writes] of Object.entries(GROUPS)) await checkGroup({ path, judge, tally, name, writes })
  await checkVoid({ path, judge, tally })
}

async function checkGroup({ path, judge, tally, name, writes }) {
  const location = join(path, 'types', name)
  const columns = Object.entries(SPARK_TYPES).map(([column, [type]]) => `${column} ${type}`)
  const values = (id) => Object.values(SPARK_TYPES).map(([, value]) => value.replace('{id}', id))
  const created = await tally.check(`types: spark creates the table for ${name}`, async () => {
    await judge.ask('spark', 'sql', location, `create table {table} (${columns.join(', ')}) using delta`)
    await judge.ask('spark', 'sql', location, `insert into {table} values (${values(1)}), (${values(2)})`)
    await judge.ask('spark', 'sql', location, `insert into {table} values (${values(3)})`)
  })
  if (!created) return
  const storage = deltaStorage({ path })
  const table = await storage.openTable({ schema: 'types', name }, { evolveSchema: true })
  for (const [step, write] of Object.entries(writes)) {
    const isWritten = await tally.check(`types: we write by ${step}`, async () => void (await write(table, step)))
    if (isWritten) await checkRead({ judge, tally, table, location, name: step })
  }
  await tally.check(`types: spark continues to write after ${name}`, async () => {
    const after = name === 'layouts' ? [...values(9000), 'cast(1 as float)'] : values(9000)
    await judge.ask('spark', 'sql', location, `insert into {table} values (${after})`)
    await judge.ask('spark', 'sql', location, 'delete from {table} where id = 3')
    await judge.ask('spark', 'sql', location, 'optimize {table}')
  })
  await tally.check(`types: delta-rs continues to write after ${name}`, async () => {
    await judge.ask('delta-rs', 'delete', location, 2)
  })
  await checkRead({ judge, tally, table, location, name: `${name} and writes of others` })
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

/** Checks columns of type void. delta-rs 1.6 and DuckDB do not read them, and Delta 4.0 for Spark fails if a query names one. */
async function checkVoid({ path, judge, tally }) {
  const location = join(path, 'types', 'void')
  await tally.check('types: spark creates a table with void', async () => {
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
  await tally.same(
    'types: spark reads the table with void',
    async () => [await judge.ask('spark', 'count', location, 'id >= 0')],
    [3002],
  )
  await tally.check('types: spark continues to write the table with void', async () => {
    await judge.ask('spark', 'sql', location, `insert into {table} (id, text) values (1, 'x')`)
    await judge.ask('spark', 'sql', location, 'delete from {table} where id = 2')
  })
  await tally.same('types: we read the table with void', async () => [(await table.info()).rowCount], [3002])
  await storage.close()
}
