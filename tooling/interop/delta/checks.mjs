// Checks that other engines read every version after each of our operations, and that we read what they write.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchFromRows, batchRows } from '../../../packages/writer-core/dist/index.js'
import { deltaStorage } from '../../../packages/writer-storage-delta/dist/index.js'
import { checkTypes } from './data-types.mjs'
import { startJudge } from './engines.mjs'
import { checkFeatures } from './features.mjs'

const COLUMNS = [
  { name: 'id', type: 'int64', nullable: true },
  { name: 'name', type: 'string', nullable: true },
  { name: 'at', type: 'timestamp', nullable: true },
  { name: 'score', type: 'double', nullable: true },
]
const row = (id, name = `n${id} ü'"/%`) => ({
  id,
  name,
  at: `2024-02-29T23:59:${String(id % 60).padStart(2, '0')}.123456Z`,
  score: id % 3 === 0 ? null : id / 4,
})
const rows = (...ids) => ids.map((id) => row(id))
const batch = (list) => batchFromRows(COLUMNS, list)
const where = (id) => ({
  op: 'compare',
  operator: '=',
  left: { kind: 'column', name: 'id' },
  right: { kind: 'literal', value: id },
})

/** Runs all checks. Resolves with the exit code. */
export async function checkAll(python) {
  const path = await mkdtemp(join(tmpdir(), 'delta-interop-'))
  const judge = startJudge(python)
  const tally = counter()
  try {
    for (const partitionColumns of [[], ['name']]) await checkOurWrites({ path, judge, tally, partitionColumns })
    for (const engine of ['delta-rs', 'spark']) await checkTheirWrites({ path, judge, tally, engine })
    await checkColumnMapping({ path, judge, tally })
    await checkTypes({ path, judge, tally })
    await checkFeatures({ path, judge, tally })
  } finally {
    judge.close()
    await rm(path, { recursive: true, force: true })
  }
  process.stdout.write(`${tally.passed} passed, ${tally.failed} failed\n`)
  return tally.failed === 0 ? 0 : 1
}

/** Makes each kind of change, and compares every version as every engine reads it. */
async function checkOurWrites({ path, judge, tally, partitionColumns }) {
  const name = partitionColumns.length > 0 ? 'partitioned' : 'plain'
  const storage = deltaStorage({ path })
  const table = await storage.openTable(
    { schema: 'ours', name },
    { columns: COLUMNS, partitionColumns, evolveSchema: true },
  )
  const keys = ['id']
  const steps = {
    append: () => table.append(batch(rows(1, 2, 3)), { batchId: 'a' }),
    'second append': () => table.append(batch([...rows(4, 5, 6), row(7, null)]), { batchId: 'b' }),
    merge: () => table.merge(batch([row(2, 'changed'), row(9)]), { keys, whenMatched: 'update' }, { batchId: 'c' }),
    ignore: () => table.merge(batch(rows(9, 10)), { keys, whenMatched: 'ignore' }, { batchId: 'd' }),
    delete: () => table.delete(where(4), { batchId: 'e' }),
    evolve: () => table.evolve({ add: [{ name: 'more', type: 'string', nullable: true }] }),
    optimize: () => table.optimize(),
    'z-order': () => table.optimize({ clusterColumns: ['score', 'at'] }),
    checkpoint: () => table.checkpoint(),
    'append after the checkpoint': () => table.append(batch(rows(20, 21)), { batchId: 'f' }),
    'overwrite of a part': () => table.overwrite(batch(rows(20)), where(20), { batchId: 'g' }),
    overwrite: () => table.overwrite(batch(rows(30, 31)), { batchId: 'h' }),
    restore: () => table.restore(3, { batchId: 'i' }),
    vacuum: () => table.vacuum(),
  }
  const location = join(path, 'ours', name)
  for (const [step, run] of Object.entries(steps)) {
    await tally.check(`${name}: ${step}`, async () => void (await run()))
    const expected = await read(table)
    for (const engine of ['delta-rs', 'spark', 'duckdb']) {
      await tally.same(`${engine} reads ${name} after ${step}`, () => judge.ask(engine, 'read', location), expected)
    }
  }
  const versions = (await table.history()).versions.map((each) => each.version).sort((a, b) => a - b)
  for (const engine of ['delta-rs', 'spark']) {
    await tally.same(`${engine} lists the history of ${name}`, () => judge.ask(engine, 'versions', location), versions)
    for (const version of versions) {
      const expected = await read(await table.at(version))
      await tally.same(
        `${engine} reads ${name} at version ${version}`,
        () => judge.ask(engine, 'read', location, version),
        expected,
      )
    }
  }
  await storage.close()
}

/** Lets another engine change our table. After each of its changes we read the table and append to it. */
async function checkTheirWrites({ path, judge, tally, engine }) {
  const storage = deltaStorage({ path })
  const table = await storage.openTable({ schema: 'theirs', name: engine }, { columns: COLUMNS, evolveSchema: true })
  const location = join(path, 'theirs', engine)
  await table.append(batch(rows(1, 2, 3, 4)), { batchId: 'a' })
  const calls = [
    ['append', rows(11, 12)],
    ['merge', [row(2, 'theirs'), row(13)]],
    ...(engine === 'spark' ? [['vectors']] : []),
    ['delete', 1],
    ['checkpoint'],
    ['evolve', rows(14, 15)],
    ['delete', 14],
    ['optimize'],
    ['vacuum'],
  ]
  for (const [index, [call, ...args]] of calls.entries()) {
    const done = await tally.check(`${engine}: ${call}`, () =>
      judge.ask(engine, call, location, ...args).then(() => undefined),
    )
    if (!done) continue
    const readSeen = async () => (await read(table)).map(canonical).sort()
    await tally.same(
      `we read what ${engine} wrote: ${call}`,
      readSeen,
      (await judge.ask(engine, 'read', location)).map(canonical).sort(),
    )
    await tally.check(`we append after ${engine}: ${call}`, async () => {
      await table.append(batch(rows(100 + index)), { batchId: `after-${index}` })
    })
    await tally.same(
      `${engine} reads our append after its ${call}`,
      () => judge.ask(engine, 'read', location),
      await read(table),
    )
  }
  await tally.check(`we merge, pack and write a checkpoint after ${engine}`, async () => {
    await table.merge(
      batch([row(2, 'ours again'), row(200)]),
      { keys: ['id'], whenMatched: 'update' },
      { batchId: 'm' },
    )
    await table.optimize()
    await table.checkpoint()
  })
  await tally.same(`${engine} reads it`, () => judge.ask(engine, 'read', location), await read(table))
  await storage.close()
}

/** Checks renamed and dropped columns. Without delta-rs 1.6, which reads mapped columns by their logical names and returns nulls. */
async function checkColumnMapping({ path, judge, tally }) {
  const storage = deltaStorage({ path })
  const table = await storage.openTable({ schema: 'theirs', name: 'mapped' }, { columns: COLUMNS })
  const location = join(path, 'theirs', 'mapped')
  await table.append(batch(rows(1, 2, 3)), { batchId: 'a' })
  await tally.check('spark: rename and drop columns', () =>
    judge.ask('spark', 'mapped', location).then(() => undefined),
  )
  const expected = await judge.ask('spark', 'read', location)
  await tally.same('we read renamed and dropped columns', () => read(table), expected)
  await tally.same('duckdb reads renamed and dropped columns', () => judge.ask('duckdb', 'read', location), expected)
  await tally.check('we refuse to write it, by name', async () => {
    const refused = await table.append(batch(rows(4)), { batchId: 'b' }).catch((error) => error)
    if (!['SCHEMA', 'UNSUPPORTED'].includes(refused.code))
      throw new Error(`not refused: ${refused.message ?? 'written'}`)
  })
  await storage.close()
}

async function read(table) {
  const found = []
  for await (const one of table.scan()) found.push(...batchRows(one))
  return found
}

function canonical(one) {
  return JSON.stringify(Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))))
}

function counter() {
  const tally = {
    passed: 0,
    failed: 0,
    async check(name, work) {
      try {
        const problem = await work()
        if (problem !== undefined) throw new Error(problem)
        tally.passed++
        return true
      } catch (error) {
        tally.failed++
        process.stdout.write(`failed: ${name}: ${error.message}${error.cause ? ` (${error.cause.message})` : ''}\n`)
        return false
      }
    },
    same: (name, work, expected) =>
      tally.check(name, async () => {
        const found = await work()
        const [a, b] = [found, expected].map((list) =>
          list.map((one) => (typeof one === 'object' ? canonical(one) : one)).sort(),
        )
        return JSON.stringify(a) === JSON.stringify(b)
          ? undefined
          : `found ${JSON.stringify(a)}, expected ${JSON.stringify(b)}`.slice(0, 900)
      }),
  }
  return tally
}
