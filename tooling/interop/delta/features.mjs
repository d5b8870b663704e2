// Checks tables with every feature that we write: other engines must continue after each kind of our writes.
import { join } from 'node:path'
import { batchFromRows, batchRows } from '../../../packages/writer-core/dist/index.js'
import { deltaStorage } from '../../../packages/writer-storage-delta/dist/index.js'

const COLUMNS = [
  { name: 'id', type: 'int64', nullable: true },
  { name: 'name', type: 'string', nullable: true },
]
const row = (id, name = `n${id}`) => ({ id, name })
const batch = (...rows) => batchFromRows(COLUMNS, rows)
const byId = (id) => ({
  op: 'compare',
  operator: '=',
  left: { kind: 'column', name: 'id' },
  right: { kind: 'literal', value: id },
})

/** The tables with a feature that Spark creates. `changes`: its rows may be changed; `deltaRs`: delta-rs 1.6 can write it. */
const FEATURES = {
  partitioned: { properties: {}, partitioned: true, changes: true, deltaRs: true },
  appendOnly: { properties: { 'delta.appendOnly': 'true' }, changes: false, deltaRs: true },
  notNull: { properties: {}, columns: 'id bigint not null, name string', changes: true, deltaRs: true },
  checkConstraints: {
    properties: {},
    after: 'alter table {table} add constraint positive check (id > 0)',
    changes: true,
  },
  deletionVectors: { properties: { 'delta.enableDeletionVectors': 'true' }, changes: true },
  inCommitTimestamp: { properties: { 'delta.enableInCommitTimestamps': 'true' }, changes: true },
  v2Checkpoint: { properties: { 'delta.checkpointPolicy': 'v2', 'delta.checkpointInterval': '3' }, changes: true },
  typeWidening: {
    properties: { 'delta.enableTypeWidening': 'true' },
    columns: 'id int, name string',
    after: 'alter table {table} alter column id type bigint',
    changes: true,
  },
  changeDataFeed: { properties: { 'delta.enableChangeDataFeed': 'true' }, changes: false },
  structStats: {
    properties: { 'delta.checkpoint.writeStatsAsStruct': 'true', 'delta.checkpointInterval': '2' },
    partitioned: true,
    changes: true,
    deltaRs: true,
  },
}

/** The reader features that the Arrow reader of delta-rs 1.6 refuses by name. */
const UNREAD_BY_DELTA_RS = new Set(['deletionVectors', 'typeWidening', 'v2Checkpoint'])

/** The steps after which other engines append; after the other steps they only read. */
const CONTINUED = new Set(['append', 'delete', 'optimize', 'checkpoint', 'restore'])

export async function checkFeatures({ path, judge, tally }) {
  for (const [name, feature] of Object.entries(FEATURES)) await checkFeature({ path, judge, tally, name, feature })
}

async function checkFeature({ path, judge, tally, name, feature }) {
  const { properties, columns = 'id bigint, name string', partitioned, after, changes, deltaRs } = feature
  const location = join(path, 'features', name)
  const settings = Object.entries(properties).map(([key, value]) => `'${key}' = '${value}'`)
  const ask = (statement) => judge.ask('spark', 'sql', location, statement)
  const made = await tally.check(`features: spark creates a table with ${name}`, async () => {
    await ask(
      `create table {table} (${columns}) using delta ${partitioned ? 'partitioned by (name)' : ''} ${
        settings.length > 0 ? `tblproperties (${settings.join(', ')})` : ''
      }`,
    )
    await ask(`insert into {table} values (1, 'n1'), (2, 'n2'), (3, 'n3')`)
    if (after) await ask(after)
  })
  if (!made) return
  const storage = deltaStorage({ path })
  const table = await storage.openTable({ schema: 'features', name })
  const read = async () => {
    const found = []
    for await (const one of table.scan({ columns: ['id', 'name'] })) found.push(...batchRows(one))
    return found
  }
  const writes = {
    append: () => table.append(batch(row(10), row(11)), { batchId: 'a' }),
    stream: () => table.appendStream([batch(row(12)), batch(row(13))], { batchId: 's' }),
    ignore: () => table.merge(batch(row(13), row(14)), { keys: ['id'], whenMatched: 'ignore' }, { batchId: 'i' }),
    ...(changes && {
      merge: () => table.merge(batch(row(10, 'x'), row(15)), { keys: ['id'], whenMatched: 'update' }, { batchId: 'm' }),
      delete: () => table.delete(byId(11), { batchId: 'd' }),
      'overwrite of a part': () => table.overwrite(batch(row(12, 'y')), byId(12), { batchId: 'o' }),
    }),
    optimize: () => table.optimize(),
    checkpoint: () => table.checkpoint(),
    ...(changes && { restore: () => table.restore(1, { batchId: 'r' }) }),
  }
  let next = 100
  for (const [step, write] of Object.entries(writes)) {
    if (!(await tally.check(`features: ${name}: ${step}`, async () => void (await write())))) continue
    const writers = CONTINUED.has(step) ? ['spark', ...(deltaRs ? ['delta-rs'] : [])] : []
    for (const engine of writers) {
      const id = next++
      await tally.check(`features: ${name}: ${engine} appends after ${step}`, async () => {
        if (engine === 'spark') await ask(`insert into {table} values (${id}, 'n${id}')`)
        else await judge.ask(engine, 'append_plain', location, id)
      })
      await tally.check(`features: ${name}: we read the append of ${engine}`, async () =>
        (await read()).some((each) => each.id === id) ? undefined : 'the row is missing',
      )
    }
    for (const engine of ['spark', 'delta-rs', 'duckdb']) {
      if (engine === 'delta-rs' && UNREAD_BY_DELTA_RS.has(name)) continue
      await tally.same(
        `features: ${name}: ${engine} reads after ${step}`,
        () => judge.ask(engine, 'read', location),
        await read(),
      )
    }
  }
  await storage.close()
}
