import type { DoctorCheck, DoctorOptions, DoctorReport, TableRef } from '@forge/writer-core'
import { assertMethodOptions, doctorReport } from '@forge/writer-core/storage'
import { isLocal, type ServerPlace } from '../connect/address.ts'
import { fromServerError } from '../connect/server-errors.ts'
import type { ReadWays } from '../query/run-query.ts'
import { selectRows } from '../read/scan-table.ts'
import { listTables } from '../table/list-tables.ts'
import { placeOf, type TableRoot } from '../table/place.ts'
import { readDetail } from '../table/table-detail.ts'
import { readRowCount, readState } from '../table/table-state.ts'

/** Checks the server and each table. With `deep`, every value is read. */
export async function examineServer(
  ways: ReadWays,
  root: TableRoot,
  place: ServerPlace,
  asked: DoctorOptions = {},
): Promise<DoctorReport> {
  assertMethodOptions('doctor', asked)
  const checks = [await checkVersion(ways), checkEncryption(place)]
  for (const ref of await listTables(ways, root)) checks.push(await checkTable(ways, root, ref, asked.deep ?? false))
  return doctorReport(checks)
}

async function checkVersion({ session: { channel, common } }: ReadWays): Promise<DoctorCheck> {
  const { result } = await channel.call('analyzePlan', { ...common, analyze: { case: 'sparkVersion', value: {} } })
  const version = result.case === 'sparkVersion' ? result.value.version : 'unknown'
  if (Number.parseInt(version, 10) >= 4) return { name: 'server', status: 'ok', detail: `Spark ${version}` }
  return {
    name: 'server',
    status: 'warning',
    detail: `Spark ${version} is older than 4.0, with which this storage is tested`,
    suggestion: 'Use Spark 4.0 or newer.',
  }
}

function checkEncryption({ isEncrypted, host }: ServerPlace): DoctorCheck {
  if (isEncrypted) return { name: 'connection', status: 'ok', detail: 'encrypted' }
  if (isLocal(host)) return { name: 'connection', status: 'ok', detail: 'not encrypted, on this machine' }
  return {
    name: 'connection',
    status: 'warning',
    detail: 'not encrypted',
    suggestion: 'Use a server with TLS, and ;use_ssl=true in the address.',
  }
}

async function checkTable(ways: ReadWays, root: TableRoot, ref: TableRef, isDeep: boolean): Promise<DoctorCheck> {
  const name = `table ${ref.schema}.${ref.name}`
  try {
    const state = await readState(ways.session, ref, placeOf(ref, root))
    const { files } = await readDetail(ways, state.place)
    const counted = await readRowCount(ways, state.rows)
    if (!isDeep) return { name, status: 'ok', detail: `${counted} rows in ${files} files, according to the log` }
    let found = 0
    for await (const batch of selectRows(ways, state, state.rows, state.columns, {})) found += batch.rowCount
    const detail = `${found} rows in ${files} files`
    if (found === counted) return { name, status: 'ok', detail: `${detail}, all read` }
    return { name, status: 'problem', detail: `${detail}, but the log says ${counted}` }
  } catch (error) {
    const { message, context } = fromServerError(error, `reading ${ref.schema}.${ref.name}`)
    const suggestion =
      context.serverError === undefined ? undefined : 'Read the log of the server, or restore the table.'
    return { name, status: 'problem', detail: message, suggestion }
  }
}
