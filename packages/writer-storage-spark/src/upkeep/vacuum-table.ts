import { type VacuumOptions, type VacuumResult, WriterUnsupportedError } from '@forge/writer-core'
import { assertMethodOptions } from '@forge/writer-core/storage'
import type { SessionHolder } from '../connect/session.ts'
import { withSettings } from '../connect/session-settings.ts'
import { readHistory } from '../journal/history.ts'
import { sql } from '../plan/relations.ts'
import { queryRows, type ReadWays } from '../query/run-query.ts'
import type { TableState } from '../table/table-state.ts'

const PATH = [{ name: 'path', type: 'string', nullable: true }] as const

/** The setting by which Delta lets files go that are younger than a week. */
const CHECK = 'spark.databricks.delta.retentionDurationCheck.enabled'

/** Removes files that only versions past their retention need. */
export async function vacuumTable(
  ways: ReadWays,
  { exists, place }: TableState,
  asked: VacuumOptions,
  changes: SessionHolder,
): Promise<VacuumResult> {
  assertMethodOptions('vacuum', asked)
  const { retentionHours, everything = false, dryRun = false } = asked
  if (everything) {
    throw new WriterUnsupportedError('the spark storage cannot remove values from the commits of the log', {
      suggestions: ['Use vacuum({ retentionHours: 0 }), or deltaStorage() for an erasure.'],
    })
  }
  if (!exists) return { dryRun, filesRemoved: 0, bytesFreed: 0 }
  // The check of the options has ensured that it is a number.
  const retention = retentionHours === undefined ? '' : ` retain ${retentionHours} hours`
  const { reconnectMs } = ways
  const run = (end: string) =>
    changes.use(async (session) => {
      let files = 0
      await withSettings(session, { [CHECK]: 'false' }, async () => {
        const rows = await queryRows(session, sql(`vacuum ${place.name}${retention}${end}`), PATH, { reconnectMs })
        files = rows.length
      })
      return files
    })
  if (dryRun) return { dryRun, filesRemoved: await run(' dry run'), bytesFreed: 0 }
  await run('')
  const commits = await readHistory(ways, place, { limit: 2 })
  const ended = commits.find(({ operation }) => operation === 'VACUUM END')
  const started = commits.find(({ operation }) => operation === 'VACUUM START')
  return {
    dryRun,
    filesRemoved: Number(ended?.metrics.numDeletedFiles ?? 0),
    bytesFreed: Number(started?.metrics.sizeOfDataToDelete ?? 0),
  }
}
