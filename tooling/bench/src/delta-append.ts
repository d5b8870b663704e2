import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type RealisticRow, realisticRows } from '@forge/fixtures'
import type { Bench, BenchContext } from './harness/bench.ts'
import { openCopyPeer } from './harness/copy-peer.ts'
import { openDeltaWriter } from './harness/open-delta-writer.ts'
import { type PythonPeer, pythonPeer } from './harness/python-peer.ts'
import { median } from './harness/statistics.ts'
import { collectGarbage, timeMs } from './harness/timing.ts'

const ROWS = 1_000_000
const MAX_REPETITIONS = 5
/** A list of dicts to a table of Arrow, and that to a Delta table: what a Python program does with its rows. Milliseconds of each repetition. */
const PYTHON = `
import datetime, json, sys, time
import pyarrow as pa
from deltalake import write_deltalake
source, target, repetitions = sys.argv[1], sys.argv[2], int(sys.argv[3])
times = ("run_started_at", "run_ended_at", "start_time", "end_time", "created_at", "updated_at")
rows = []
for line in open(source, encoding="utf-8"):
    row = json.loads(line)
    for name in times:
        row[name] = datetime.datetime.fromtimestamp(row[name] / 1000, datetime.timezone.utc)
    rows.append(row)
kinds = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_(), datetime.datetime: pa.timestamp("us", "UTC")}
doubles = ("duration_secs", "validation_rate", "memory_usage_mb", "cpu_usage_percent")
fields = []
for name in rows[0]:
    value = next((row[name] for row in rows if row[name] is not None), "")
    fields.append((name, pa.float64() if name in doubles else kinds[type(value)]))
schema = pa.schema(fields)
for repetition in range(repetitions + 1):
    start = time.perf_counter()
    write_deltalake(f"{target}/{repetition}", pa.Table.from_pylist(rows, schema=schema), mode="append")
    print((time.perf_counter() - start) * 1000, flush=True)
`

/**
 * Rows a second of `writeLogRows` into a new Delta table, validated and durable, from one list of rows: against the engine's own `copy` of the same
 * rows from its memory to one file, in turn, and against Python's deltalake with the same list.
 */
export const deltaAppend: Bench = {
  name: 'delta-append',
  question: 'How many rows a second does writeLogRows store in a Delta table?',
  async *run(context) {
    const rows = [...realisticRows(ROWS)]
    const { oursMs, copyMs } = await besideCopy(rows, context)
    const rate = ROWS / (median(oursMs) / 1000)
    const name = `${ROWS} rows`
    yield { case: name, value: rate, unit: 'rows/s', ratio: median(copyMs) / median(oursMs), against: 'copy' }
    const peer = pythonPeer()
    if (typeof peer !== 'function') {
      process.stderr.write(`skipped: delta-append against deltalake: ${peer.reason}\n`)
      return
    }
    const pythonMs = median(await ofPython(peer, rows, context))
    const against = 'deltalake of Python'
    yield { case: `${name}, against deltalake`, value: rate, unit: 'rows/s', ratio: pythonMs / median(oursMs), against }
  },
}

const repetitionsOf = ({ repetitions }: BenchContext) => Math.min(repetitions, MAX_REPETITIONS)

async function besideCopy(rows: readonly RealisticRow[], context: BenchContext) {
  const oursMs: number[] = []
  const copyMs: number[] = []
  const files = '**/*.parquet'
  await appendOnce(rows, context, async (folder) => {
    using peer = await openCopyPeer(join(folder, files))
    for (let repetition = 0; repetition <= repetitionsOf(context); repetition++) {
      await collectGarbage()
      const ours = await appendOnce(rows, context, async () => undefined)
      const target = join(folder, `copy-${repetition}.parquet`)
      const copy = await peer.copy(target)
      await rm(target)
      if (repetition === 0) continue
      oursMs.push(ours)
      copyMs.push(copy)
    }
  })
  return { oursMs, copyMs }
}

/** Milliseconds of one append to a new table of an open writer; `use` may look at its files before they go. */
async function appendOnce(
  rows: readonly RealisticRow[],
  { directory }: BenchContext,
  use: (folder: string) => Promise<void>,
): Promise<number> {
  const folder = await mkdtemp(join(directory, 'append-'))
  const writer = await openDeltaWriter({ path: folder })
  try {
    await writer.writeLogRows(realisticRows(1, { seed: 2 }))
    const ms = await timeMs(() => writer.writeLogRows(rows))
    await use(folder)
    return ms
  } finally {
    await writer.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function ofPython(peer: PythonPeer, rows: readonly RealisticRow[], context: BenchContext): Promise<number[]> {
  const source = join(context.directory, 'rows.ndjson')
  await pipeline(Readable.from(ndjson(rows)), createWriteStream(source))
  const lines = await peer(PYTHON, [source, join(context.directory, 'python'), String(repetitionsOf(context))])
  return lines.map(Number).slice(1)
}

function* ndjson(rows: readonly RealisticRow[]): Generator<string> {
  for (let start = 0; start < rows.length; start += 1000) {
    yield rows
      .slice(start, start + 1000)
      .map(line)
      .join('')
  }
}

/** Times as milliseconds and metadata as text, so that Python has nothing to convert in the time that counts. */
function line(row: RealisticRow): string {
  const plain = Object.entries(row).map(([name, value]) => {
    if (value instanceof Date) return [name, value.getTime()]
    return [name, typeof value === 'object' && value !== null ? JSON.stringify(value) : value]
  })
  return `${JSON.stringify(Object.fromEntries(plain))}\n`
}
