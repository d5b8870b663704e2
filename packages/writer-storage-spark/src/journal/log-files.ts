import type { ColumnDefinition, CommitResult } from '@forge/writer-core'
import { alias, allOf, attribute, call, type PlanExpression, text } from '../plan/expressions.ts'
import { escapeGlob, filter, project, textFiles } from '../plan/relations.ts'
import { queryRows, type ReadWays } from '../query/run-query.ts'
import { readDetail } from '../table/table-detail.ts'
import type { TableState } from '../table/table-state.ts'
import { batchAppId } from './commit-note.ts'

const COLUMNS: readonly ColumnDefinition[] = [
  { name: 'file', type: 'string', nullable: false },
  { name: 'line', type: 'string', nullable: false },
]

/** The parts of a line of a commit file that are read here. */
interface LogLine {
  readonly txn?: { readonly appId?: string }
  readonly add?: { readonly stats?: string; readonly dataChange?: boolean }
  readonly commitInfo?: { readonly timestamp?: number; readonly forgeWriter?: Readonly<Record<string, unknown>> }
}

/**
 * Looks a batch up in the commit files of the log, for what engines other than Spark wrote: Spark's history does not show it. Resolves with undefined
 * if the batch is not there.
 */
export async function findInLog(ways: ReadWays, state: TableState, batchId: string): Promise<CommitResult | undefined> {
  const folder = state.place.path ?? (await readDetail(ways, state.place)).location
  const appId = batchAppId(batchId)
  const found = await readLines(ways, `${escapeGlob(folder)}/_delta_log/*.json`, [
    call('contains', attribute('value'), text('"txn"')),
    call('contains', attribute('value'), text(JSON.stringify(appId))),
  ])
  const file = found.find(({ line }) => parseLine(line).txn?.appId === appId)?.file
  if (file === undefined) return undefined
  const lines = await readLines(ways, `${escapeGlob(folder)}/_delta_log/${file}`, [])
  return resultOfLines(
    Number.parseInt(file, 10),
    lines.map(({ line }) => parseLine(line)),
  )
}

async function readLines({ session, reconnectMs }: ReadWays, path: string, conditions: readonly PlanExpression[]) {
  const files = textFiles(path)
  const selected = project(filter(files, allOf(conditions)), [
    alias(attribute('_metadata', 'file_name'), 'file'),
    attribute('value'),
  ])
  const rows = await queryRows(session, selected, COLUMNS, { reconnectMs })
  return rows.map(({ file, line }) => ({ file: String(file), line: String(line) }))
}

function parseLine(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine
  } catch {
    return {}
  }
}

/** Returns the figures that the writer noted, otherwise the rows of the files that the commit adds. */
function resultOfLines(version: number, lines: readonly LogLine[]): CommitResult {
  const info = lines.find(({ commitInfo }) => commitInfo)?.commitInfo
  const facts = info?.forgeWriter
  const figure = (name: string) => Number(facts?.[name] ?? 0)
  const inserted = facts ? figure('rowsInserted') : lines.reduce((sum, { add }) => sum + rowsOf(add), 0)
  return {
    version,
    alreadyWritten: true,
    timestamp: new Date(info?.timestamp ?? 0).toISOString(),
    rowsWritten: inserted + figure('rowsUpdated'),
    rowsInserted: inserted,
    rowsUpdated: figure('rowsUpdated'),
    rowsDeleted: figure('rowsDeleted'),
    rowsSkipped: figure('rowsSkipped'),
  }
}

function rowsOf(add: LogLine['add']): number {
  if (add?.stats === undefined || add.dataChange === false) return 0
  const { numRecords } = JSON.parse(add.stats) as { numRecords?: number }
  return numRecords ?? 0
}
