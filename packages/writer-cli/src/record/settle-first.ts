import { hasSpool } from '@forge/writer-record/command'
import { createSession } from '../command/session.ts'
import type { TableOptionValues } from '../command/table-options.ts'
import type { Host } from '../host.ts'
import type { Output } from '../output/output.ts'
import { foldersToSettle } from './folders-to-settle.ts'
import { recordCollected } from './record-collected.ts'

interface Surroundings {
  readonly values: TableOptionValues
  readonly host: Host
  readonly output: Output
}

/** The time in milliseconds that a command waits for the database before it leaves the runs in the spool to the next command. */
const MAX_WAIT_MS = 5000

/**
 * Stores the runs that wait in the spool of a database, before a command reads it. A failure is a warning: the command goes on without these runs.
 */
export async function settleFirst(path: string, { values, host, output }: Surroundings): Promise<void> {
  const folders = foldersToSettle(path, values, host)
  if (!hasSpool(folders)) return
  const { needsSettling, settleSpool } = await import('@forge/writer-record')
  if (!needsSettling(folders)) return
  const session = createSession({ values, host, output })
  try {
    const { lockTimeoutMs } = (await session.context.settings()).config
    const config = { lockTimeoutMs: Math.min(lockTimeoutMs, MAX_WAIT_MS) }
    const writer = await session.context.openWriter({ config })
    const onStored = recordCollected(session.context.openWriter, output.warn)
    await settleSpool(writer, { folders, onStored, signal: host.signal })
  } catch (error) {
    if (host.signal.aborted) return
    output.warn(
      `recorded runs wait in ${folders.find((folder) => hasSpool([folder]))}: ${error instanceof Error ? error.message : error}`,
    )
  } finally {
    await session.close()
  }
}
