import { listRunning, type RunningRun } from '@forge/writer-record'
import type { Settings } from '../command/settings.ts'
import type { Host } from '../host.ts'

/** Returns the runs of a log that go on; the steps of runs that were started elsewhere are left out. */
export function runningRuns({ path, config }: Settings, { env, now }: Pick<Host, 'env' | 'now'>): RunningRun[] {
  const table = { schema: config.tableSchema, name: config.tableName }
  return listRunning(path, { env, table, now: now() }).filter(
    ({ isNested, state }) => !isNested && (state === 'running' || state === 'unwatched'),
  )
}
