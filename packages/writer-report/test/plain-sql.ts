import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'

export type SqlRow = Readonly<Record<string, unknown>>
export type Ask = (sql: string) => Promise<SqlRow[]>

export type Kind = 'duckdb' | 'delta'

/** Plain SQL on the files of a storage. */
export interface Sql {
  readonly ask: Ask
  close(): void
}

/**
 * Opens the files of a storage for SQL that is written by hand, without any code of the project. The log is the view `stored`, its other tables are
 * views with their suffixes, such as `stored_quality`.
 */
export async function openSql(kind: Kind, path: string, suffixes: readonly string[] = []): Promise<Sql> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run("set timezone = 'UTC'")
  if (kind === 'duckdb') await connection.run(`attach '${path}' as file (read_only)`)
  for (const suffix of ['', ...suffixes.map((each) => `_${each}`)]) {
    const table = `pipeline_logs${suffix}`
    const files = kind === 'duckdb' ? [] : await filesOfDelta(join(path, 'analytics', table))
    const list = files.map((file) => `'${file}'`).join(', ')
    const from = kind === 'duckdb' ? `file.analytics.${table}` : `read_parquet([${list}], union_by_name = true)`
    await connection.run(`create temp view stored${suffix} as select * from ${from}`)
  }
  for (const view of VIEWS) await connection.run(view)
  return {
    async ask(sql) {
      const rows = (await connection.runAndReadAll(sql)).getRowObjectsJS()
      return rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, plain(value)])))
    },
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

/**
 * The outcomes of the log by SQL that is written by hand: of each step the attempt that started last, or of several that started together one that
 * failed; a run fails if one of its steps did, and one without steps by its own row.
 */
const VIEWS = [
  `create temp view log as select *, coalesce(run_started_at, start_time, end_time, created_at) as run_start,
     coalesce(start_time, run_started_at, end_time, created_at) as row_start,
     coalesce(metadata->>'status', '') as status, metadata->>'rows_unknown' is not null as rows_unknown from stored`,
  `create temp view attempts as select pipeline_id, run_id, run_mode, phase, step_name, execution_id,
     bool_and(success) filter (where status <> 'unknown' or success) as ok, max(row_start) as last, min(row_start) as first
     from log group by all`,
  `create temp view judged as select pipeline_id, run_id, run_mode, phase, step_name,
     count(*) filter (where ok = false) as bad, count(*) filter (where ok) as good,
     max(last) filter (where ok = false) as last_bad, max(last) filter (where ok) as last_good, min(first) as first,
     max(last) as last
     from attempts group by all`,
  `create temp view steps as select *, not (bad > 0 and (good = 0 or last_bad is null or last_good is null or last_bad >= last_good)) as ok from judged`,
  `create temp view runs as select pipeline_id, run_id,
     coalesce(bool_and(ok) filter (where phase <> 'pipeline'), bool_and(ok)) as ok,
     count(distinct (phase, step_name)) filter (where phase <> 'pipeline') as steps,
     count(distinct (phase, step_name)) filter (where phase <> 'pipeline' and not ok) as failed from steps group by all`,
  `create temp view timed as select runs.*, started, secs from runs join (select pipeline_id, run_id, min(run_start) as started,
     max(duration_secs) filter (where phase = 'pipeline') as secs from log group by all) using (pipeline_id, run_id)`,
]

/** Returns the files that a Delta table consists of, by the actions of its log. */
async function filesOfDelta(table: string): Promise<string[]> {
  const log = join(table, '_delta_log')
  const live = new Set<string>()
  for (const name of (await readdir(log)).filter((each) => each.endsWith('.json')).sort()) {
    for (const line of (await readFile(join(log, name), 'utf8')).split('\n').filter((each) => each !== '')) {
      const { add, remove }: DeltaAction = JSON.parse(line)
      if (remove) live.delete(decodeURIComponent(remove.path))
      // A deletion vector would hide rows of the file.
      if (add?.deletionVector) throw new Error('the test does not read deletion vectors')
      if (add) live.add(decodeURIComponent(add.path))
    }
  }
  return [...live].map((path) => join(table, path))
}

interface DeltaAction {
  readonly add?: { readonly path: string; readonly deletionVector?: unknown }
  readonly remove?: { readonly path: string }
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  return value instanceof Date ? value.getTime() : value
}

/** Returns an instant of ISO 8601 for SQL. */
export function instant(iso: string | null): string {
  return iso === null ? 'null' : `timestamptz '${iso}'`
}

/** Returns an instant as SQL answers with it. */
export function ms(iso: string | null | undefined): number | null {
  return iso === null || iso === undefined ? null : Date.parse(iso)
}

/** Returns the items of a list of the engine. */
export function itemsOf(list: unknown): readonly unknown[] {
  if (Array.isArray(list)) return list
  return typeof list === 'object' && list !== null && 'items' in list && Array.isArray(list.items) ? list.items : []
}
