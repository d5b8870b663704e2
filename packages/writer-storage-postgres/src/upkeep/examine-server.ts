import type { DoctorCheck, DoctorOptions, DoctorReport } from '@forge/writer-core'
import { assertMethodOptions, doctorReport } from '@forge/writer-core/storage'
import type { Session } from '../connection/connections.ts'
import { JOURNAL, journalExists } from '../journal/journal.ts'
import type { ServerHost } from '../server-host.ts'
import { qualifiedName } from '../sql/identifiers.ts'

/** The oldest server that has everything that the storage uses. */
const MIN_SERVER = 140_000
/** The age in minutes from which an open transaction delays writes and VACUUM noticeably. */
const MAX_OPEN_MINUTES = 60

/**
 * Compares the tables with the journal, and looks at the server and its connection. With `deep`, every value of every table is read. Changes nothing:
 * damage is repaired from a backup of the server.
 */
export async function examineServer({ connections }: ServerHost, options: DoctorOptions = {}): Promise<DoctorReport> {
  assertMethodOptions('doctor', options)
  const { deep = false } = options
  return connections.use(['begin isolation level repeatable read read only'], async (session) => {
    const checks = [await checkServer(session), await checkConnection(session), await checkPages(session)]
    checks.push(await checkTransactions(session))
    if (await journalExists(session)) {
      checks.push(await checkVersions(session), ...(await checkTables(session, deep)))
    }
    return doctorReport(checks)
  })
}

async function checkServer(session: Session): Promise<DoctorCheck> {
  const [row] = await session.rows(
    `select current_setting('server_version'), current_setting('server_version_num'), pg_is_in_recovery()`,
  )
  const [version, number, isStandby] = row ?? []
  const detail = `PostgreSQL ${version}${isStandby === 't' ? ', a standby that rejects writes' : ''}`
  if (Number(number) >= MIN_SERVER) return { name: 'server', status: 'ok', detail }
  return { name: 'server', status: 'problem', detail, suggestion: 'Upgrade the server to version 14 or newer.' }
}

async function checkConnection(session: Session): Promise<DoctorCheck> {
  const [row] = await session.rows(
    `select coalesce((select version from pg_stat_ssl where ssl and pid = pg_backend_pid()), ''),
       coalesce(inet_client_addr() <<= '127.0.0.0/8'::inet or inet_client_addr() = '::1'::inet, true)`,
  )
  const [tls, isLocal] = row ?? []
  if (tls) return { name: 'connection', status: 'ok', detail: `encrypted with ${tls}` }
  if (isLocal === 't') return { name: 'connection', status: 'ok', detail: 'not encrypted, on this machine' }
  return {
    name: 'connection',
    status: 'warning',
    detail: 'not encrypted, to another machine',
    suggestion: 'Use sslmode=verify-full in the address.',
  }
}

/** Reports the damaged pages that the server has met, if it keeps checksums. */
async function checkPages(session: Session): Promise<DoctorCheck> {
  const [row] = await session.rows(
    `select current_setting('data_checksums'), coalesce(checksum_failures, 0) from pg_stat_database where datname = current_database()`,
  )
  const [checksums, failures] = row ?? []
  if (checksums !== 'on') return { name: 'pages', status: 'ok', detail: 'the server keeps no checksums of pages' }
  if (Number(failures) === 0) return { name: 'pages', status: 'ok', detail: 'no page with a wrong checksum was met' }
  return {
    name: 'pages',
    status: 'problem',
    detail: `${failures} pages with a wrong checksum were met`,
    suggestion: 'Restore the database from a backup.',
  }
}

async function checkTransactions(session: Session): Promise<DoctorCheck> {
  const [row] = await session.rows(
    `select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
       and state like 'idle in transaction%' and xact_start < now() - interval '${MAX_OPEN_MINUTES} minutes'`,
  )
  const count = Number(row?.[0])
  const name = 'transactions'
  if (count === 0) return { name, status: 'ok', detail: `none is idle for more than ${MAX_OPEN_MINUTES} minutes` }
  return {
    name,
    status: 'warning',
    detail: `${count} sessions are idle in a transaction for more than ${MAX_OPEN_MINUTES} minutes`,
    suggestion: 'End them: they hold locks, and VACUUM cannot free the rows that they may still read.',
  }
}

/** Checks that the versions of each table follow each other without a gap, and count the rows that they say they changed. */
async function checkVersions(session: Session): Promise<DoctorCheck> {
  const rows = await session.rows(
    `select distinct table_schema, table_name from (select table_schema, table_name, version, row_count, rows_inserted - rows_deleted as change,
        lag(version) over (partition by table_schema, table_name order by version) as before,
        lag(row_count) over (partition by table_schema, table_name order by version) as count_before from ${JOURNAL}) v
     where version <> coalesce(before, -1) + 1 or row_count <> coalesce(count_before, row_count - change) + change`,
  )
  if (rows.length === 0) return { name: 'versions', status: 'ok', detail: 'the versions of every table are complete' }
  const detail = `versions are missing or do not add up: ${rows.map((row) => row.join('.')).join(', ')}`
  return { name: 'versions', status: 'problem', detail, suggestion: 'Restore the journal from a backup.' }
}

/** Compares the rows of each table with the count of its journal. */
async function checkTables(session: Session, deep: boolean): Promise<DoctorCheck[]> {
  const tables = await session.rows(
    `select distinct on (table_schema, table_name) table_schema, table_name, row_count from ${JOURNAL} order by table_schema, table_name, version desc`,
  )
  const checks: DoctorCheck[] = []
  for (const [schema = '', name = '', counted] of tables.map((row) => row.map(String))) {
    checks.push(await checkTable(session, { schema, name, counted: Number(counted), deep }))
  }
  return checks
}

interface Examined {
  readonly schema: string
  readonly name: string
  /** The number of rows by the journal. */
  readonly counted: number
  readonly deep: boolean
}

async function checkTable(session: Session, { schema, name: table, counted, deep }: Examined): Promise<DoctorCheck> {
  const name = `${schema}.${table}`
  const sqlName = qualifiedName(schema, table)
  const [found] = await session.rows('select to_regclass($1) is not null', [sqlName])
  if (found?.[0] !== 't') {
    return {
      name,
      status: 'problem',
      detail: `the table is missing, and its journal counts ${counted} rows`,
      suggestion: 'Restore the table from a backup.',
    }
  }
  // The text of a row contains every value.
  const [row] = await session.rows(`select count(*)${deep ? ', sum(length(t::text))' : ''} from ${sqlName} t`)
  const rows = Number(row?.[0])
  if (rows === counted) return { name, status: 'ok', detail: `${rows} rows${deep ? ', all values can be read' : ''}` }
  return {
    name,
    status: 'problem',
    detail: `${rows} rows, and the journal counts ${counted}`,
    suggestion: 'Change rows through this project only, or find out which rows another program added or deleted.',
  }
}
