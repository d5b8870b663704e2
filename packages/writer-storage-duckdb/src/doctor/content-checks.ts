import { existsSync } from 'node:fs'
import type { DoctorCheck } from '@forge/writer-core'
import { fromEngineError } from '../engine/engine-errors.ts'
import { qualifiedName } from '../engine/identifiers.ts'
import type { Session } from '../engine/session.ts'
import type { AttachedFile } from '../file/attached-file.ts'
import { markPath, readMark } from '../file/high-water-mark.ts'
import { JOURNAL, OWN_SCHEMA } from '../journal/journal-sql.ts'
import { dataCheck } from './data-check.ts'

/** Returns the checks of an open database. `deep` also reads every value. */
export async function contentChecks(file: AttachedFile, { deep }: { readonly deep: boolean }): Promise<DoctorCheck[]> {
  const checks: DoctorCheck[] = [{ name: 'opens', status: 'ok', detail: 'the database opens' }]
  const session = await file.reader()
  const add = async (name: string, check: () => Promise<DoctorCheck>) => {
    try {
      checks.push(await check())
    } catch (error) {
      checks.push({ name, status: 'problem', detail: fromEngineError(error, 'reading').message })
    }
  }
  try {
    await add('commits', () => commitCheck(file, session))
    await add('tables', () => tablesCheck(file, session))
    if (deep) await add('data', () => dataCheck(session))
  } finally {
    file.giveBack(session)
  }
  return checks
}

async function commitCheck({ path, lost, journal }: AttachedFile, session: Session): Promise<DoctorCheck> {
  if (lost) {
    return {
      name: 'commits',
      status: 'problem',
      detail: lost.detail,
      suggestion: 'Restore the file from a backup, or accept the loss with repair().',
    }
  }
  if (existsSync(markPath(path)) && !readMark(path)) {
    return {
      name: 'commits',
      status: 'warning',
      detail: `${journal.sequence} commits; the mark next to the file cannot be read, so commits may be missing`,
      suggestion: 'The next write makes a new mark.',
    }
  }
  const accepted = journal.exists ? await acceptedLosses(session) : []
  const earlier = accepted.length === 0 ? '' : `; losses accepted earlier: ${accepted.join('; ')}`
  return { name: 'commits', status: 'ok', detail: `${journal.sequence} commits, none missing${earlier}` }
}

/** Returns the losses that repairs accepted, as the journal notes them. */
async function acceptedLosses(session: Session): Promise<string[]> {
  const rows = await session.rows(
    `select json_extract_string(note, '$.accepted') as accepted from ${JOURNAL} where table_schema = $1 and operation = 'repair' order by sequence`,
    [OWN_SCHEMA],
  )
  return rows.flatMap(({ accepted }) => (accepted === null ? [] : [String(accepted)]))
}

async function tablesCheck({ journal }: AttachedFile, session: Session): Promise<DoctorCheck> {
  if (!journal.exists) return { name: 'tables', status: 'ok', detail: 'no journal yet' }
  const last = await session.rows(
    `select table_schema, table_name, arg_max(row_count, version) as rows from ${JOURNAL} where table_schema <> $1 group by all`,
    [OWN_SCHEMA],
  )
  const problems: string[] = []
  for (const row of last) {
    const name = qualifiedName('db', String(row.table_schema), String(row.table_name))
    const [count] = await session.rows(`select count(*) as rows from ${name}`)
    if (count?.rows !== row.rows) {
      problems.push(
        `${row.table_schema}.${row.table_name} has ${count?.rows} rows, but its journal records ${row.rows}`,
      )
    }
  }
  if (problems.length === 0) return { name: 'tables', status: 'ok', detail: `${last.length} tables match the journal` }
  return {
    name: 'tables',
    status: 'warning',
    detail: problems.join('; '),
    suggestion: 'Another program has written to the file.',
  }
}
