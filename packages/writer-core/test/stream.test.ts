// @module-tag many-cases
import { spawnSync } from 'node:child_process'
import { setImmediate } from 'node:timers/promises'
import {
  createLogWriter,
  isWriterError,
  type LogRowInput,
  memoryStorage,
  type StorageBackend,
  WriterTableError,
} from '@forge/writer-core'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'

const config = { tableSchema: 'analytics', tableName: 'logs', batchSize: 10, maxRetries: 0 }

function* rows(count: number): Generator<LogRowInput> {
  for (let at = 0; at < count; at++) yield { run_id: 'r', phase: 'gold', step_name: `step-${at}` }
}

async function* slowly(count: number) {
  for (const row of rows(count)) {
    await Promise.resolve()
    yield row
  }
}

/** Creates a memory storage that counts appends and rejects them while `broken` is set. */
function meter() {
  const memory = memoryStorage()
  const state = { broken: false, appends: [] as number[], atOnce: 0, mostAtOnce: 0, hold: Promise.resolve() }
  const storage: StorageBackend = {
    name: 'meter',
    location: 'memory:',
    async openTable(ref, options) {
      const table = await memory.openTable(ref, options)
      return {
        ...table,
        async append(batch, commit) {
          state.atOnce++
          state.mostAtOnce = Math.max(state.mostAtOnce, state.atOnce)
          try {
            await state.hold
            if (state.broken) throw new WriterTableError('no space', { committed: 'no' })
            state.appends.push(batch.rowCount)
            return await table.append(batch, commit)
          } finally {
            state.atOnce--
          }
        },
      }
    },
    close: () => memory.close(),
  }
  /** Holds appends until the returned function is called. */
  const hold = () => {
    let release = () => {}
    state.hold = new Promise<void>((resolve) => {
      release = resolve
    })
    return release
  }
  return { state, storage, hold }
}

test('rows from any source are committed in batches of batchSize', async () => {
  const { state, storage } = meter()
  const writer = await createLogWriter({ storage, config })
  const stream = writer.stream()
  await stream.write([...rows(15)])
  await stream.write(slowly(10))
  await stream.write({ run_id: 'r', phase: 'gold' })
  expect(stream.bufferedRows + stream.rowsWritten).toBe(26)
  await stream.close()
  expect(state.appends.slice(0, -1).every((count) => count >= 10)).toBe(true)
  expect(state.appends[0]).toBe(10)
  expect(stream.rowsWritten).toBe(26)
  expect(state.mostAtOnce).toBe(1)
  await writer.close()
})

test.each([
  { given: 'the default', options: {}, held: 500, expected: [10, 490] },
  { given: 'a number of rows', options: { flushRows: 10 }, held: 20, expected: Array.from({ length: 50 }, () => 10) },
])(
  'rows that come while others are being stored are stored together, up to $given',
  async ({ options, held, expected }) => {
    for (const source of [[...rows(500)], rows(500)]) {
      const { state, storage, hold } = meter()
      const writer = await createLogWriter({ storage, config })
      const stream = writer.stream({ ...options, flushIntervalMs: 0 })
      const release = hold()
      const writing = stream.write(source)
      await vi.waitUntil(() => state.atOnce === 1 && stream.bufferedRows === held)
      release()
      await writing
      await stream.close()
      expect(state.appends).toEqual(expected)
      await writer.close()
    }
  },
)

test('the limit of bytes holds while other rows are being stored', async () => {
  const { state, storage, hold } = meter()
  const writer = await createLogWriter({ storage, config })
  const stream = writer.stream({ flushBytes: 4000, flushIntervalMs: 0 })
  const release = hold()
  const writing = stream.write(rows(2000))
  await vi.waitUntil(() => state.atOnce === 1)
  await setImmediate()
  expect(stream.bufferedRows).toBeLessThan(200)
  release()
  await writing
  await stream.close()
  expect(state.appends.reduce((sum, count) => sum + count)).toBe(2000)
  expect(Math.max(...state.appends)).toBeLessThan(100)
  await writer.close()
})

test('the size and age of the buffer also trigger a flush', async () => {
  vi.useFakeTimers()
  try {
    const { state, storage } = meter()
    const writer = await createLogWriter({ storage, config })
    const byBytes = writer.stream({ flushBytes: 200, flushIntervalMs: 0 })
    await byBytes.write([...rows(3)].map((row) => ({ ...row, error_message: 'x'.repeat(200) })))
    await byBytes.flush()
    expect(state.appends).toEqual([1, 1, 1])
    const byAge = writer.stream({ flushIntervalMs: 1000 })
    await byAge.write(rows(2))
    expect(byAge.bufferedRows).toBe(2)
    await vi.advanceTimersByTimeAsync(1000)
    vi.useRealTimers()
    await vi.waitFor(() => expect(byAge.rowsWritten).toBe(2))
    await writer.close()
  } finally {
    vi.useRealTimers()
  }
})

test('an invalid row is rejected with its position, and the other rows are kept', async () => {
  const writer = await createLogWriter({ storage: memoryStorage(), config })
  const stream = writer.stream()
  const given = [...rows(2), { run_id: 'r', phase: 'gold' as const, duration_secs: -1 }]
  const error = await stream.write(given).catch((thrown: unknown) => thrown)
  if (!isWriterError(error, 'VALIDATION')) throw error
  expect(error.context.problems).toMatchObject([{ row: 2, field: 'duration_secs' }])
  await stream.write(rows(1))
  await stream.close()
  expect((await writer.getTableInfo()).rowCount).toBe(3)
  await writer.close()
})

test('rows after close() are rejected, and those before it are kept', async () => {
  const writer = await createLogWriter({ storage: memoryStorage(), config })
  const stream = writer.stream()
  let goOn = () => {}
  const paused = new Promise<void>((resolve) => {
    goOn = resolve
  })
  async function* inTwoParts() {
    yield* rows(3)
    await paused
    yield* rows(3)
  }
  const writing = stream.write(inTwoParts()).catch((thrown: unknown) => thrown)
  await vi.waitFor(() => expect(stream.bufferedRows).toBe(3))
  const closing = Promise.all([stream.close(), stream.close(), writer.close()])
  await expect(stream.write(rows(1))).rejects.toMatchObject({ code: 'TABLE' })
  await closing
  goOn()
  expect(await writing).toMatchObject({ code: 'TABLE', committed: 'no' })
  expect({ written: stream.rowsWritten, buffered: stream.bufferedRows }).toEqual({ written: 3, buffered: 0 })
})

test('rows of a failed flush stay buffered, are reported, and are stored once when the storage works again', async () => {
  const { state, storage } = meter()
  const writer = await createLogWriter({ storage, config })
  const stream = writer.stream()
  state.broken = true
  await stream.write(rows(5))
  await expect(stream.flush()).rejects.toMatchObject({ code: 'TABLE' })
  expect(stream.bufferedRows).toBe(5)
  await expect(writer.close()).rejects.toMatchObject({ code: 'TABLE' })
  state.broken = false
  await writer.close()
  expect(state.appends).toEqual([5])
})

test('an array is stored like the same rows one at a time, whatever its limits and invalid rows', async () => {
  const row = fc.record({
    run_id: fc.constant('r'),
    phase: fc.constant('gold' as const),
    pipeline_id: fc.constantFrom('a', 'b'),
    duration_secs: fc.constantFrom(1, 1, 1, 1, 1, 1, -1),
    error_message: fc.string({ maxLength: 30 }),
  })
  const limits = fc.record({
    flushRows: fc.integer({ min: 1, max: 700 }),
    flushBytes: fc.integer({ min: 1, max: 60_000 }),
    pattern: fc.constantFrom(undefined, '{schema}.{pipeline_id}'),
  })
  const given = fc.array(fc.array(row, { maxLength: 600, size: 'max' }), { minLength: 1, maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(given, limits, async (parts, { pattern, ...options }) => {
      const outcomes = []
      for (const shape of [(part: LogRowInput[]) => part, (part: LogRowInput[]) => part.values()]) {
        const { state, storage } = meter()
        const writer = await createLogWriter({ storage, config: { ...config, tableNamePattern: pattern } })
        const stream = writer.stream({ ...options, flushIntervalMs: 0 })
        const problems = []
        for (const part of parts) {
          const error = await stream.write(shape(part)).catch((thrown: unknown) => thrown)
          problems.push(isWriterError(error) ? error.context.problems : error)
        }
        await stream.close()
        outcomes.push({ problems, appends: state.appends, written: stream.rowsWritten })
        await writer.close()
      }
      expect(outcomes[0]).toEqual(outcomes[1])
    }),
    { numRuns: 60 },
  )
})

test('an array is buffered completely although the storage is broken, and stored once when it works again', async () => {
  const { state, storage } = meter()
  const writer = await createLogWriter({ storage, config })
  const stream = writer.stream({ flushRows: 10, flushIntervalMs: 0 })
  state.broken = true
  await expect(stream.write([...rows(45)])).rejects.toMatchObject({ code: 'TABLE' })
  expect(stream.bufferedRows).toBe(45)
  state.broken = false
  await stream.write([...rows(5)]).catch(() => stream.write([...rows(5)]))
  await stream.close()
  expect(state.appends).toEqual([10, 10, 10, 10, 10])
  await writer.close()
})

test('rows are routed to their tables, also while tables are being opened', async () => {
  const writer = await createLogWriter({
    storage: memoryStorage(),
    config: { ...config, tableNamePattern: '{schema}.{pipeline_id}' },
  })
  const stream = writer.stream()
  const mixed = Array.from({ length: 60 }, (_, at) => ({
    run_id: 'r',
    phase: 'gold' as const,
    pipeline_id: `p${at % 7}`,
  }))
  await Promise.all([stream.write(mixed.slice(0, 30)), stream.write(mixed.slice(30)), stream.flush()])
  await stream.close()
  const counts = await Promise.all(
    Array.from({ length: 7 }, async (_, at) => (await (await writer.table({ table: `p${at}` })).info()).rowCount),
  )
  expect(counts.reduce((sum, rowCount) => sum + rowCount, 0)).toBe(60)
  await writer.close()
})

test.each(['flushRows', 'flushBytes', 'flushIntervalMs'])('an invalid %s is rejected', async (name) => {
  const writer = await createLogWriter({ storage: memoryStorage(), config })
  expect(() => writer.stream({ [name]: -1 })).toThrow(name)
  await writer.close()
})

/** Runs a process that buffers three rows, ends with the code `ending`, and prints what was flushed. */
function endOf(ending: string) {
  const script = `
    import { createLogWriter, memoryStorage } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)}
    const memory = memoryStorage()
    const writer = await createLogWriter({ storage: memory, config: { tableSchema: 'a', tableName: 'b' } })
    writer.on('written', ({ rows }) => console.log('written', rows))
    const stream = writer.stream()
    await stream.write([1, 2, 3].map((n) => ({ run_id: 'r', phase: 'gold', step_name: 's' + n })))
    ${ending}
  `
  return spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
}

test('a process that ends normally flushes its rows', () => {
  expect(endOf('')).toMatchObject({ status: 0, stdout: 'written 3\n' })
})

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s flushes the rows and then ends the process', (signal) => {
  const { stdout, signal: endedBy } = endOf(`process.kill(process.pid, '${signal}'); setInterval(() => {}, 1000)`)
  expect(stdout).toBe('written 3\n')
  expect(endedBy).toBe(signal)
})

test('process.exit reports the number of lost rows', () => {
  const { stdout, stderr } = endOf('process.exit(0)')
  expect(stdout).toBe('')
  expect(stderr).toMatch(/\b3\b/)
})
