// One process that does the operations of its task in turn, and notes in a file what was acknowledged. It is killed at any moment.
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { and, eq, isWriterError, type LogTable, lt, type StorageBackend } from '@forge/writer-core'
import { batchOf, openStorage, openTable } from './open-table.ts'
import type { JournalLine, Operation, WorkerTask } from './operation.ts'
import { shiftClock } from './shift-clock.ts'

const task = JSON.parse(readFileSync(String(process.argv[2]), 'utf8')) as WorkerTask
shiftClock(task.clockShiftMs)
const journal = openSync(task.journal, 'a')
const note = (line: JournalLine) => writeSync(journal, `${JSON.stringify(line)}\n`)

let backend: StorageBackend = openStorage(task.storage, task.path)
let table = await openTable(backend)
for (const [at, operation] of task.operations.entries()) {
  note({ at, state: 'started' })
  try {
    note({ at, state: 'done', ...(await perform(operation)) })
  } catch (error) {
    const isTyped = isWriterError(error)
    const committed = isTyped ? (error.committed ?? 'no') : 'unknown'
    note({ at, state: 'failed', code: isTyped ? error.code : 'UNTYPED', committed, message: textOf(error) })
    // The rows are uncertain now; what follows would build upon them.
    if (committed === 'unknown') break
  }
  if (task.idleMs > 0) await sleep(task.idleMs)
}
await backend.close()
closeSync(journal)

type Outcome = Pick<Extract<JournalLine, { state: 'done' }>, 'version' | 'count' | 'alreadyWritten'>

async function perform(operation: Operation): Promise<Outcome> {
  switch (operation.kind) {
    case 'append':
      return outcomeOf(await table.append(batchOf(task.prefix, operation.rows), commitOf(operation)))
    case 'retry':
      return outcomeOf(await table.append(batchOf(operation.prefix, operation.rows), commitOf(operation)))
    case 'stream':
      return outcomeOf(await appendStream(table, operation))
    case 'merge': {
      const { whenMatched } = operation
      const batch = batchOf(task.prefix, operation.rows)
      return outcomeOf(await able(table.merge)(batch, { keys: ['prefix', 'key'], whenMatched }, commitOf(operation)))
    }
    case 'replace':
      return outcomeOf(
        await able(table.overwrite)(
          batchOf(task.prefix, operation.rows),
          eq('prefix', task.prefix),
          commitOf(operation),
        ),
      )
    case 'delete':
      return outcomeOf(
        await able(table.delete)(and(eq('prefix', task.prefix), lt('value', operation.below)), commitOf(operation)),
      )
    case 'count':
      return { count: await countOwn() }
    case 'optimize':
      await able(table.optimize)()
      return {}
    case 'vacuum':
      await able(table.vacuum)()
      return {}
    case 'reopen':
      await backend.close()
      backend = openStorage(task.storage, task.path)
      table = await openTable(backend)
      return {}
  }
}

function appendStream(to: LogTable, { batchId, rows }: Extract<Operation, { kind: 'stream' }>) {
  const step = Math.max(1, Math.ceil((rows.to - rows.from) / 4))
  const parts = Array.from({ length: 4 }, (_none, index) => rows.from + index * step).filter((from) => from < rows.to)
  const batches = parts.map((from) => batchOf(task.prefix, { ...rows, from, to: Math.min(rows.to, from + step) }))
  return able(to.appendStream)(batches, { batchId })
}

async function countOwn(): Promise<number> {
  const [group] = await table.aggregate({ where: eq('prefix', task.prefix), measures: [{ as: 'rows', fn: 'count' }] })
  return Number(group?.rows ?? 0)
}

function able<Method extends (...args: never[]) => unknown>(method: Method | undefined): Method {
  if (method === undefined) throw new Error('the storage lacks a capability that the torture needs')
  return method.bind(table) as Method
}

function outcomeOf({ version, alreadyWritten }: { version: number; alreadyWritten: boolean }): Outcome {
  return { version, alreadyWritten }
}

/** The message of an error with those of its causes. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message} <- ${textOf(error.cause)}`
}

/** Returns the options of the commit of an operation. */
function commitOf({ batchId }: { readonly batchId: string }): { readonly batchId: string } {
  return { batchId }
}
