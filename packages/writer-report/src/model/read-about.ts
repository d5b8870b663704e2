import type { TableSource } from '@forge/writer-core'
import { VERSION } from '../version.ts'
import type { ReportAbout } from './report-model.ts'

export interface AboutOptions extends Pick<ReportAbout, 'period' | 'runs' | 'scope' | 'timeZone'> {
  readonly at: Date
  readonly table?: string | undefined
}

const UPKEEP: readonly string[] = ['optimize', 'vacuum']
const MAX_VERSIONS = 200

/** Reads facts about the table of a report. */
export async function readAbout(
  source: TableSource,
  { at, table: name, period, runs, scope, timeZone }: AboutOptions,
): Promise<ReportAbout> {
  const table = await source.table({ table: name })
  const { exists, location, rowCount, sizeBytes, version, lost } = await table.info()
  const history = exists ? await table.history?.({ limit: MAX_VERSIONS }) : undefined
  const upkeep = history?.versions.find(({ operation }) => UPKEEP.includes(operation.toLowerCase()))
  return {
    version: VERSION,
    tableFqn: `${table.ref.schema}.${table.ref.name}`,
    location,
    storage: source.storage.name === 'memory' ? null : source.storage.location,
    rows: exists ? rowCount : 0,
    sizeBytes: exists ? sizeBytes : 0,
    tableVersion: version,
    loss: lost ?? null,
    lastUpkeepAt: upkeep?.timestamp ?? null,
    generatedAt: at.toISOString(),
    period,
    runs,
    scope,
    timeZone,
    isRedacted: false,
    command: null,
    otherPipelinePages: 0,
  }
}
