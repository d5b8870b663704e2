import { performance } from 'node:perf_hooks'
import type { AnalyzeResult, LogTable, SchemaReport, TableSource, VacuumResult } from '@forge/writer-core'
import type { Skipped } from './optimize-table.ts'

export interface MaintainTableOptions {
  /** Return the space of deleted rows and replaced files, as far as the storage's retention allows. Default true. */
  readonly vacuum?: boolean
  /** Bring the statistics up to date. Default true. */
  readonly analyze?: boolean
  /** Compare the stored columns with those of the log. Default true. */
  readonly validateSchema?: boolean
  /** Another table of the same schema. */
  readonly table?: string
}

/** What {@link maintainTable} did and found. */
export interface MaintainTableResult {
  /** Whether at least one operation was done. */
  readonly maintained: boolean
  /** Why nothing was done. */
  readonly reason?: string
  readonly tableFqn: string
  /** `vacuum`, `analyze`, `validate_schema`, in the order in which they were done. */
  readonly maintenanceOperations: readonly string[]
  /** What was asked for and not done, with the reason. */
  readonly skipped: readonly Skipped[]
  readonly maintenanceDurationSecs: number
  readonly vacuum?: VacuumResult
  readonly analyze?: AnalyzeResult
  readonly schema?: SchemaReport
}

/** Vacuums, analyzes and checks the schema of the table, each unless it is turned off. */
export async function maintainTable(
  source: TableSource,
  { vacuum = true, analyze = true, validateSchema = true, table: name }: MaintainTableOptions = {},
): Promise<MaintainTableResult> {
  const startedMs = performance.now()
  const table = await source.table(name === undefined ? {} : { table: name })
  const done = (result: Pick<MaintainTableResult, 'maintenanceOperations' | 'skipped' | 'reason'> & Found) => ({
    maintained: result.maintenanceOperations.length > 0,
    tableFqn: `${table.ref.schema}.${table.ref.name}`,
    ...result,
    maintenanceDurationSecs: (performance.now() - startedMs) / 1000,
  })
  const { exists } = await table.info()
  if (!exists) return done({ maintenanceOperations: [], skipped: [], reason: 'the table does not exist' })
  const found: Found = {
    ...(vacuum && defined('vacuum', await table.vacuum?.())),
    ...(analyze && defined('analyze', await table.analyze?.())),
    ...(validateSchema && defined('schema', await table.validateSchema?.())),
  }
  const asked = { vacuum, analyze, schema: validateSchema }
  const names = OPERATIONS.filter(({ key }) => asked[key])
  const skipped = names.filter(({ key }) => !(key in found))
  return done({
    maintenanceOperations: names.filter(({ key }) => key in found).map(({ operation }) => operation),
    skipped: skipped.map(({ operation }) => ({
      name: operation,
      reason: `${source.storage.name} storage cannot do this`,
    })),
    ...(skipped.length === names.length && { reason: 'nothing that was asked for can be done' }),
    ...found,
  })
}

type Found = Pick<MaintainTableResult, 'vacuum' | 'analyze' | 'schema'>

const OPERATIONS = [
  { key: 'vacuum', operation: 'vacuum' },
  { key: 'analyze', operation: 'analyze' },
  { key: 'schema', operation: 'validate_schema' },
] as const satisfies readonly { key: keyof Found; operation: string }[]

type Operation = keyof Pick<LogTable, 'vacuum' | 'analyze'> | 'schema'

function defined<Key extends Operation, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]: Value })
}
