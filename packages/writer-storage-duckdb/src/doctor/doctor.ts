import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { DoctorCheck, DoctorReport } from '@forge/writer-core'
import { fromEngineError } from '../engine/engine-errors.ts'
import { qualifiedName } from '../engine/identifiers.ts'
import type { AttachedFile } from '../file/attached-file.ts'
import { markPath, readMark } from '../file/high-water-mark.ts'
import { JOURNAL } from '../journal/journal-sql.ts'
import type { TableHost } from '../table/duckdb-table.ts'

/** Looks for damage and loss; changes nothing. */
export async function doctorFile({ database, deadline }: TableHost): Promise<DoctorReport> {
  const checks: DoctorCheck[] = [fileCheck(database.path), leftoverCheck(database.path)]
  try {
    await database.use(async (file) => void (file && checks.push(...(await contentChecks(file)))), {
      deadline: deadline(),
      create: false,
    })
  } catch (error) {
    const problem = fromEngineError(error, 'opening')
    checks.push({
      name: 'opens',
      status: 'problem',
      detail: problem.message,
      suggestion: existsSync(`${database.path}.wal`)
        ? 'repair() keeps copies and tries without the log.'
        : 'Bring the file back from a copy: there is no log beside it without which it could be opened.',
    })
  }
  return reportOf(checks)
}

export function reportOf(checks: readonly DoctorCheck[]): DoctorReport {
  return { healthy: checks.every(({ status }) => status === 'ok' || status === 'repaired'), checks }
}

function fileCheck(path: string): DoctorCheck {
  if (existsSync(path)) return { name: 'file', status: 'ok', detail: path }
  if (existsSync(`${path}.wal`)) {
    return { name: 'file', status: 'problem', detail: 'there is a write-ahead log without its database' }
  }
  const mark = readMark(path)
  if (!mark) return { name: 'file', status: 'ok', detail: `${path} does not exist yet` }
  return {
    name: 'file',
    status: 'warning',
    detail: `there is no database, but its mark tells of ${mark.sequence} commits with ${mark.rowsAdded} rows`,
    suggestion: 'Bring the file back from a copy; the next write starts a new one.',
  }
}

/** Files that were being made when a process was killed. */
export function leftovers(path: string): string[] {
  if (!existsSync(dirname(path))) return []
  const start = `.${basename(path)}.`
  return readdirSync(dirname(path)).filter((name) => name.startsWith(start) && /\.tmp(\.wal)?$/.test(name))
}

function leftoverCheck(path: string): DoctorCheck {
  const found = leftovers(path)
  if (found.length === 0) return { name: 'leftovers', status: 'ok', detail: 'no unfinished files' }
  return {
    name: 'leftovers',
    status: 'warning',
    detail: `${found.length} unfinished files beside the database`,
    suggestion: 'repair() removes them.',
  }
}

async function contentChecks(file: AttachedFile): Promise<DoctorCheck[]> {
  const checks: DoctorCheck[] = [{ name: 'opens', status: 'ok', detail: 'the database opens' }, markCheck(file)]
  const session = await file.reader()
  try {
    checks.push(await tablesCheck(file, session))
  } catch (error) {
    const detail = fromEngineError(error, 'reading the tables').message
    checks.push({ name: 'tables', status: 'problem', detail })
  } finally {
    file.giveBack(session)
  }
  return checks
}

function markCheck({ path, lost, journal }: AttachedFile): DoctorCheck {
  if (existsSync(markPath(path)) && !readMark(path)) {
    return {
      name: 'commits',
      status: 'warning',
      detail: `${journal.sequence} commits; the mark beside the file cannot be read, so nobody can tell whether there were more`,
      suggestion: 'The next write makes the mark anew.',
    }
  }
  if (!lost) return { name: 'commits', status: 'ok', detail: `${journal.sequence} commits, none missing` }
  const commits = lost.sequence - journal.sequence
  const rows = lost.rowsAdded - journal.rowsAdded
  return {
    name: 'commits',
    status: 'problem',
    detail: `the last ${commits} commits with ${rows} rows are gone`,
    suggestion: 'Bring the file back from a copy, or accept the loss with repair().',
  }
}

async function tablesCheck(
  { journal }: AttachedFile,
  session: Awaited<ReturnType<AttachedFile['reader']>>,
): Promise<DoctorCheck> {
  if (!journal.exists) return { name: 'tables', status: 'ok', detail: 'no journal yet' }
  const last = await session.rows(
    `select table_schema, table_name, arg_max(row_count, version) as rows from ${JOURNAL} group by all`,
  )
  const problems: string[] = []
  for (const row of last) {
    const name = qualifiedName('db', String(row.table_schema), String(row.table_name))
    const [count] = await session.rows(`select count(*) as rows from ${name}`)
    if (count?.rows !== row.rows) {
      problems.push(`${row.table_schema}.${row.table_name} has ${count?.rows} rows, its journal says ${row.rows}`)
    }
  }
  if (problems.length === 0)
    return { name: 'tables', status: 'ok', detail: `${last.length} tables agree with their journal` }
  return {
    name: 'tables',
    status: 'warning',
    detail: problems.join('; '),
    suggestion: 'Something else wrote to the file.',
  }
}
