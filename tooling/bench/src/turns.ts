import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { realisticRows } from '@forge/fixtures'
import type { Bench } from './harness/bench.ts'
import { openWriter } from './harness/open-writer.ts'
import { MAIN } from './harness/run-in-child.ts'
import { median } from './harness/statistics.ts'
import { repeat, timeMs } from './harness/timing.ts'

const ROWS = 10
const WRITES = 50
/** The variable that makes a process of this bench one of its writers; its value is the path of the file. */
const WRITER_OF = 'FORGE_BENCH_WRITER_OF'

/**
 * Time of a durable write of ten rows while two processes write to one file as fast as they can, against the same by one process alone. Two
 * processes must attach and detach the file at each change between them.
 */
export const turns: Bench = {
  name: 'turns',
  question: 'What does it cost that two processes write in turn to one file?',
  async *run({ directory, repetitions }) {
    const path = process.env[WRITER_OF]
    if (path !== undefined) return await writeOnMessage(path)
    const timeOf = async (processes: number) => {
      const times = await repeat(repetitions, async (repetition) =>
        timeWriters(join(directory, `${processes}-${repetition}.duckdb`), processes),
      )
      return median(times) / (processes * WRITES)
    }
    const alone = await timeOf(1)
    const value = await timeOf(2)
    yield { case: '10 rows, two processes in turn', value, unit: 'ms', ratio: value / alone, against: 'one process' }
  },
}

/** Returns the milliseconds until that many processes have each made their writes. */
async function timeWriters(path: string, processes: number): Promise<number> {
  const creator = await openWriter({ path })
  await creator.writeLogRows([...realisticRows(ROWS)])
  await creator.close()
  const writers = Array.from({ length: processes }, () => startWriter(path))
  const ends = writers.map((writer) => once(writer, 'exit'))
  try {
    await Promise.all(writers.map((writer) => heard(writer)))
    const elapsed = await timeMs(() =>
      Promise.all(
        writers.map((writer) => {
          writer.send('start')
          return heard(writer)
        }),
      ),
    )
    // The writers remove their folders before they end.
    await Promise.all(ends)
    return elapsed
  } finally {
    for (const writer of writers) writer.kill()
  }
}

function startWriter(path: string): ChildProcess {
  return spawn(process.execPath, [MAIN, 'turns', '--in-this-process', '--json'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [WRITER_OF]: path },
  })
}

/** Resolves at the next message of a writer. Throws an Error if it ends instead. */
async function heard(writer: ChildProcess): Promise<void> {
  const ended = once(writer, 'exit').then(([code]) => {
    throw new Error(`a writer ended with code ${code}`)
  })
  await Promise.race([once(writer, 'message'), ended])
}

/** Opens the file, says so, and makes the writes at the next message. The last message follows the last write. */
async function writeOnMessage(path: string): Promise<void> {
  const writer = await openWriter({ path })
  await writer.writeLogRows([...realisticRows(ROWS, { seed: process.pid })])
  process.send?.('ready')
  await once(process, 'message')
  for (let write = 1; write <= WRITES; write++) {
    await writer.writeLogRows([...realisticRows(ROWS, { seed: process.pid + write })])
  }
  process.send?.('done')
  await writer.close()
  process.disconnect()
}
