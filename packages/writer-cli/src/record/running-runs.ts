import { listRunning, type RunningRun } from '@forge/writer-record'
import type { Settings } from '../command/settings.ts'
import type { Host } from '../host.ts'

/** Returns what has started and has no end in the log. */
export function runningRuns({ path, config }: Settings, { env, now }: Pick<Host, 'env' | 'now'>): RunningRun[] {
  const table = { schema: config.tableSchema, name: config.tableName }
  return listRunning(path, { env, table, now })
}
