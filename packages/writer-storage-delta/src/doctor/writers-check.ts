import type { DoctorCheck } from '@forge/writer-core'
import { readCommit } from '../log/commit-file.ts'
import { listLog } from '../log/log-segment.ts'
import { commitInfoOf } from '../log/snapshot.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { checkOf } from './examination.ts'

/** The number of the newest commits whose writers are looked at. */
const MAX_COMMITS = 100
const READ_AHEAD = 16
/** Matches engines that overwrite commits of others in an object store, unless they are configured not to. */
const UNSAFE = /^(?:Apache-Spark\/|Databricks-Runtime\/|Kernel-|flink-)/i

/** Warns if Spark or a relative has written to a table in an object store. Nothing in the log shows by which log store it did. */
export async function writersCheck(store: ObjectStore): Promise<DoctorCheck[]> {
  if (!store.isRemote) return []
  const versions = (await listLog(store)).commits.slice(-MAX_COMMITS)
  const found = new Set<string>()
  for (let from = 0; from < versions.length; from += READ_AHEAD) {
    const some = versions.slice(from, from + READ_AHEAD)
    for (const commit of await Promise.all(some.map((version) => readCommit(store, version)))) {
      const engine = commit && commitInfoOf(commit.actions)?.engineInfo
      if (typeof engine === 'string' && UNSAFE.test(engine)) found.add(engine)
    }
  }
  const warning = {
    status: 'warning',
    detail: `${[...found].join(', ')} has written here; its default log store overwrites commits of other writers`,
    suggestion: 'Let it only read, or be the only writer, or give it a log store with conditional puts.',
  } as const
  return [checkOf('writers', 'all writers put commits conditionally', found.size > 0 ? warning : undefined)]
}
