import {
  createLogWriter,
  type LogRowInput,
  type LogWriter,
  type LogWriterOptions,
  memoryStorage,
  type Row,
  type StorageBackend,
  WriterConcurrencyError,
  type WriterEvent,
  WriterSchemaError,
  WriterTableError,
} from '@forge/writer-core'
import { makeRow } from '@forge/writer-core/testing'
import { afterEach, describe, expect, test, vi } from 'vitest'

const table = { tableSchema: 'analytics', tableName: 'logs', retryDelaySecs: 0.001 }
const opened: LogWriter[] = []
afterEach(async () => {
  for (const writer of opened.splice(0)) await writer.close().catch(() => undefined)
})

async function open(config: Partial<LogWriterOptions['config']> = {}, more: Partial<LogWriterOptions> = {}) {
  const writer = await createLogWriter({ storage: memoryStorage(), ...more, config: { ...table, ...config } })
  opened.push(writer)
  return writer
}

/** Creates a memory storage with another implementation of append. */
function storageWith(append: (real: () => Promise<never>, attempt: number) => Promise<never>): StorageBackend {
  const memory = memoryStorage()
  let attempt = 0
  return {
    name: 'tampered',
    location: 'memory:',
    async openTable(ref, options) {
      const real = await memory.openTable(ref, options)
      return {
        ...real,
        append: (batch, commit) => append(() => real.append(batch, commit) as Promise<never>, ++attempt),
      }
    },
    close: () => memory.close(),
  }
}

async function errorOf(promise: Promise<unknown>) {
  try {
    await promise
  } catch (error) {
    return error as { code: string; committed: string; context: Record<string, unknown>; message: string }
  }
  throw new Error('nothing was thrown')
}

describe('batch ids', () => {
  test('identify a write, which is stored once however often it is repeated', async () => {
    const writer = await open()
    const first = await writer.writeLogRows([makeRow()], { batchId: 'b' })
    const second = await writer.writeLogRows([makeRow()], { batchId: 'b' })
    expect([first.alreadyWritten, second.alreadyWritten]).toEqual([false, true])
    expect((await writer.getTableInfo()).rowCount).toBe(1)
    expect(writer.getMetrics()).toMatchObject({ successfulWrites: 2, totalRowsWritten: 1 })
  })

  test('are the same for the same rows of a run, and differ for other rows', async () => {
    const writer = await open()
    const write = (rows: LogRowInput[]) => writer.writeLogRows(rows, { runId: 'run-1', idempotent: true })
    const ids = [await write([makeRow()]), await write([makeRow()]), await write([makeRow({ step_name: 'b' })])]
    expect(ids.map(({ alreadyWritten }) => alreadyWritten)).toEqual([false, true, false])
  })
})

describe('an error of the storage', () => {
  test('is a success if the write turns out to be stored', async () => {
    const storage = storageWith(async (real) => {
      await real()
      throw new WriterTableError('the connection broke')
    })
    const writer = await open({}, { storage })
    expect(await writer.writeLogRows([makeRow()])).toMatchObject({ success: true, rowsWritten: 1 })
  })

  test('says that nothing was stored if the batch is not found', async () => {
    const storage = storageWith(() => Promise.reject(new Error('boom')))
    const error = await errorOf((await open({}, { storage })).writeLogRows([makeRow()]))
    expect(error).toMatchObject({ code: 'TABLE', committed: 'no' })
  })

  test('is retried if it is transient, with events that report the delay', async () => {
    const storage = storageWith((real, attempt) =>
      attempt < 3 ? Promise.reject(new WriterConcurrencyError('busy', { committed: 'no' })) : real(),
    )
    const writer = await open({ maxRetries: 2 }, { storage })
    const retries: WriterEvent[] = []
    writer.on('retry', (event) => retries.push(event))
    await writer.writeLogRows([makeRow()])
    expect(retries).toMatchObject([{ attempt: 1 }, { attempt: 2 }])
  })
})

describe('hooks', () => {
  test('a throwing beforeWrite stops the write', async () => {
    const writer = await open(
      {},
      {
        hooks: [
          {
            name: 'stop',
            beforeWrite() {
              throw new WriterTableError('stop', { committed: 'no' })
            },
          },
        ],
      },
    )
    await errorOf(writer.writeLogRows([makeRow()]))
    expect((await writer.getTableInfo()).rowCount).toBe(0)
  })

  test('diverted rows are stored together with the other rows', async () => {
    const writer = await open(
      {},
      {
        hooks: [
          {
            name: 'divert',
            beforeWrite: (batch) => ({ divert: [{ companion: 'aside', columns: batch.columns, batch }] }),
          },
        ],
      },
    )
    await writer.writeLogRows([makeRow()])
    const aside = await writer.table({ table: 'logs_aside' })
    expect((await aside.info()).rowCount).toBe(1)
  })

  test('an error in afterWrite becomes an event, and the write stands', async () => {
    const failed: WriterEvent[] = []
    const afterWrite = () => {
      throw new Error('late')
    }
    const writer = await open({}, { hooks: [{ name: 'late', afterWrite }] })
    writer.on('hookFailed', (event) => failed.push(event))
    expect((await writer.writeLogRows([makeRow()])).rowsWritten).toBe(1)
    expect(failed).toMatchObject([{ hook: 'late' }])
  })
})

test('if one of several tables cannot be written, the error gives the reason and what was stored', async () => {
  const refusal = new WriterSchemaError('values do not fit', { committed: 'no', suggestions: ['widen it'] })
  const storage = storageWith((real, attempt) => (attempt === 2 ? Promise.reject(refusal) : real()))
  const writer = await open({ tableNamePattern: '{schema}.{pipeline_id}' }, { storage })
  const rows = ['a', 'b'].map((pipeline_id) => makeRow({ pipeline_id }))
  const error = await errorOf(writer.writeLogRows(rows, { batchId: 'both' }))
  expect(error).toMatchObject({
    code: 'SCHEMA',
    committed: 'unknown',
    context: { stored: ['analytics.a'], missing: ['analytics.b'], batchId: 'both' },
    suggestions: ['widen it', expect.any(String)],
    cause: refusal,
  })
  expect((await writer.writeLogRows(rows, { batchId: 'both' })).tables).toHaveLength(2)
  expect((await writer.getTableInfo({ table: 'a' })).rowCount).toBe(1)
})

describe('unknown fields', () => {
  test('may have names of inherited properties and begin anywhere in a write', async () => {
    const writer = await open({ enableSchemaEvolution: true })
    const rows = Array.from({ length: 600 }, (_none, at) => {
      const later = at > 300 && at % 2 === 0 ? at : undefined
      const made = at === 300 ? 'made' : undefined
      return makeRow({
        phase: 'gold',
        step_name: `s${at}`,
        ...(made && { constructor: made }),
        ...(later && { later }),
      })
    })
    await writer.writeLogRows(rows)
    await writer.writeLogRows(rows.slice(0, 2))
    const stored: Row[] = await writer.showLogs({ limit: 1000, print: false })
    const made = stored.filter((row) => row.constructor !== null)
    expect(made).toMatchObject([{ step_name: 's300', constructor: 'made', later: null }])
    expect(stored.filter(({ later }) => later !== null).map(({ step_name, later }) => [step_name, later])).toEqual(
      expect.arrayContaining(Array.from({ length: 149 }, (_none, at) => [`s${302 + 2 * at}`, 302 + 2 * at])),
    )
    expect(stored).toHaveLength(602)
  })

  test('become columns with the type of their first value', async () => {
    const writer = await open({ enableSchemaEvolution: true })
    await writer.writeLogRows([makeRow(), makeRow({ cost: 1, at: new Date(0), tags: ['a'], nothing: null })])
    await writer.writeLogRows([makeRow({ cost: 1.5 })])
    const { schema } = await writer.getTableInfo()
    expect(schema.slice(-3).map(({ name, type }) => [name, type])).toEqual([
      ['cost', 'double'],
      ['at', 'timestamp'],
      ['tags', 'json'],
    ])
  })

  test('are known once the table has their columns', async () => {
    const storage = memoryStorage()
    const evolving = await open({ enableSchemaEvolution: true }, { storage })
    await evolving.writeLogRows([makeRow({ cost: 1 })])
    const strict = await open({}, { storage })
    expect((await strict.writeLogRows([makeRow({ cost: 2 })])).rowsWritten).toBe(1)
  })
})

test('an unknown field that goes into the metadata is redacted there', async () => {
  const writer = await open({ redact: ['password'], schemaValidationMode: 'lenient' })
  await writer.writeLogRows([{ ...makeRow(), password: 'hunter2' } as LogRowInput])
  const [row] = await writer.showLogs({ print: false })
  expect(row?.metadata).toBe('{"password":"[redacted]"}')
})

test('the level of the log follows the setting of a live writer', async () => {
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    const writer = await open()
    await writer.writeLogRows([makeRow()])
    expect(written).not.toHaveBeenCalled()
    writer.configure({ logLevel: 'debug' })
    await writer.writeLogRows([makeRow()])
    expect(written.mock.calls.join('')).toContain('rows written')
  } finally {
    written.mockRestore()
  }
})

test('a change to undefined changes no setting', async () => {
  const writer = await open({ maxRetries: 7 })
  writer.configure({ maxRetries: undefined, batchSize: 5 })
  expect(writer.config).toMatchObject({ maxRetries: 7, batchSize: 5 })
})

test('an overwrite without rows clears the table', async () => {
  const writer = await open({ writeMode: 'overwrite' })
  await writer.writeLogRows([makeRow()])
  await writer.writeLogRows([])
  expect((await writer.getTableInfo()).rowCount).toBe(0)
})

test('a closed writer rejects calls and can be closed again', async () => {
  const writer = await open()
  await writer.close()
  await writer.close()
  expect(await errorOf(writer.writeLogRows([makeRow()]))).toMatchObject({ code: 'TABLE', committed: 'no' })
  expect(() => writer.stream()).toThrow()
})
