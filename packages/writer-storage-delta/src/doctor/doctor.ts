import type { DoctorCheck, DoctorOptions, DoctorReport } from '@forge/writer-core'
import { assertMethodOptions, doctorReport } from '@forge/writer-core/storage'
import { isLeftBehind } from '../store/unfinished-file.ts'
import type { TableCore, TableSettings } from '../table/table-core.ts'
import { dataCheck } from './data-check.ts'
import { checkOf, type Examination, formatCount } from './examination.ts'
import { examineFiles } from './file-checks.ts'
import { examineLog } from './log-checks.ts'
import { writersCheck } from './writers-check.ts'

/** Checks the log and the files of tables; changes nothing. `deep` also reads every value. */
export async function doctorTables(tables: readonly TableCore[], options: DoctorOptions = {}): Promise<DoctorReport> {
  assertMethodOptions('doctor', options)
  const checks: DoctorCheck[] = []
  for (const table of tables) checks.push(...namedChecks(table, (await examineTable(table, options)).checks))
  if (tables.length === 0) checks.push(checkOf('tables', 'none yet'))
  return doctorReport(checks)
}

/** Names the checks after their table. */
export function namedChecks({ ref }: TableCore, checks: readonly DoctorCheck[]): DoctorCheck[] {
  return checks.map((check) => ({ ...check, name: `${ref.schema}.${ref.name} ${check.name}` }))
}

/** The parts of a table that a check needs. */
export interface ExaminedTable extends Pick<TableCore, 'store' | 'withSession'> {
  readonly settings: Pick<TableSettings, 'now'>
}

export function examineTable(
  { store, settings, withSession }: ExaminedTable,
  { deep = false }: DoctorOptions = {},
): Promise<Examination> {
  return withSession('examine', async (session) => {
    const log = await examineLog(store, session)
    // The files are listed after the log is read: whatever a version names is then complete, even while writers are at work.
    const stored = await store.list('')
    const files = log.snapshot && (await examineFiles(store, session, log.snapshot, stored))
    const data = deep && log.snapshot ? [await dataCheck(store, session, log.snapshot, files?.lostFiles ?? [])] : []
    const nowMs = settings.now().getTime()
    const leftovers = stored.flatMap((info) => (isLeftBehind(info, nowMs) ? info.path : []))
    const found = {
      status: 'warning',
      detail: formatCount(leftovers.length, 'unfinished file'),
      suggestion: 'repair() or a vacuum removes them.',
    } as const
    return {
      ...log,
      lostFiles: files?.lostFiles ?? [],
      leftovers,
      checks: [
        ...log.checks,
        ...(files?.checks ?? []),
        ...data,
        ...(log.snapshot ? await writersCheck(store) : []),
        checkOf('leftovers', 'no unfinished files', leftovers.length > 0 ? found : undefined),
      ],
    }
  })
}
