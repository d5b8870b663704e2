import { performance } from 'node:perf_hooks'
import type {
  AnalyzeResult,
  LogTable,
  OptimizeResult,
  SchemaReport,
  TableSource,
  VacuumResult,
} from '@forge/writer-core'
import { assertOptions, option, settledSource } from '@forge/writer-core/storage'
import { TABLE_CHECK } from '../reading/table-option.ts'
import type { Skipped } from './optimize-table.ts'
import { planUpkeep, type UpkeepPlan, type UpkeepStep } from './upkeep-plan.ts'

export interface MaintainTableOptions {
  /** Frees the space of deleted rows and replaced files, as far as the storage's retention allows. Default true. */
  readonly vacuum?: boolean | undefined
  /** Updates the statistics. Default true. */
  readonly analyze?: boolean | undefined
  /** Compares the stored columns with those of the log. Default true. */
  readonly validateSchema?: boolean | undefined
  /**
   * Runs only the operations that the state of the table requires, compaction included: see {@link planUpkeep}. Operations that are turned off stay
   * off. Default false.
   */
  readonly auto?: boolean | undefined
  /** The name of another table in the same schema. Default: the configured table. */
  readonly table?: string | undefined
}

/** The result of {@link maintainTable}. */
export interface MaintainTableResult {
  /** True if at least one operation was done. */
  readonly maintained: boolean
  /** The reason why nothing was done. */
  readonly reason?: string | undefined
  readonly tableFqn: string
  /** `optimize`, `vacuum`, `analyze`, `validate_schema`, in the order in which they were done. */
  readonly maintenanceOperations: readonly string[]
  /** The requested operations that were not done, with the reasons. */
  readonly skipped: readonly Skipped[]
  readonly maintenanceDurationSecs: number
  readonly vacuum?: VacuumResult | undefined
  readonly analyze?: AnalyzeResult | undefined
  readonly schema?: SchemaReport | undefined
  readonly optimize?: OptimizeResult | undefined
  /** The plan of `auto`: the decisions, with the reasons. */
  readonly plan?: UpkeepPlan | undefined
}

/** Vacuums, analyzes and checks the schema of the table, each unless it is turned off. */
export async function maintainTable(
  given: TableSource,
  options: MaintainTableOptions = {},
): Promise<MaintainTableResult> {
  assertOptions('maintainTable', options, {
    ...TABLE_CHECK,
    vacuum: option.flag,
    analyze: option.flag,
    validateSchema: option.flag,
    auto: option.flag,
  })
  const { vacuum = true, analyze = true, validateSchema = true, auto = false, table: name } = options
  const startedMs = performance.now()
  const source = settledSource(given)
  const table = await source.table({ table: name })
  const resultOf = (result: Pick<MaintainTableResult, 'maintenanceOperations' | 'skipped' | 'reason'> & Found) => ({
    maintained: result.maintenanceOperations.length > 0,
    tableFqn: `${table.ref.schema}.${table.ref.name}`,
    ...result,
    maintenanceDurationSecs: (performance.now() - startedMs) / 1000,
  })
  const { exists } = await table.info()
  if (!exists) return resultOf({ maintenanceOperations: [], skipped: [], reason: 'the table does not exist' })
  const plan = auto ? await planUpkeep(source, { table: name }) : undefined
  const isDue = (operation: UpkeepStep['operation']) =>
    plan?.steps.some((step) => step.operation === operation && step.isNeeded) ?? operation !== 'optimize'
  const asked = {
    optimize: isDue('optimize'),
    vacuum: vacuum && isDue('vacuum'),
    analyze: analyze && isDue('analyze'),
    schema: validateSchema,
  }
  const found: Found = {
    ...(asked.optimize && entryOf('optimize', await table.optimize?.())),
    ...(asked.vacuum && entryOf('vacuum', await table.vacuum?.())),
    ...(asked.analyze && entryOf('analyze', await table.analyze?.())),
    ...(asked.schema && entryOf('schema', await table.validateSchema?.())),
  }
  const names = OPERATIONS.filter(({ key }) => asked[key])
  const skipped = names.filter(({ key }) => !(key in found))
  return resultOf({
    maintenanceOperations: names.filter(({ key }) => key in found).map(({ operation }) => operation),
    skipped: skipped.map(({ operation }) => ({
      name: operation,
      reason: `${source.storage.name} storage cannot do this`,
    })),
    ...(names.length === skipped.length && {
      reason: names.length === 0 ? 'nothing is needed' : 'the storage supports none of the requested operations',
    }),
    ...found,
    plan,
  })
}

type Found = Pick<MaintainTableResult, 'optimize' | 'vacuum' | 'analyze' | 'schema' | 'plan'>

const OPERATIONS = [
  { key: 'optimize', operation: 'optimize' },
  { key: 'vacuum', operation: 'vacuum' },
  { key: 'analyze', operation: 'analyze' },
  { key: 'schema', operation: 'validate_schema' },
] as const satisfies readonly { key: Operation; operation: string }[]

type Operation = keyof Pick<LogTable, 'optimize' | 'vacuum' | 'analyze'> | 'schema'

function entryOf<Key extends Operation, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]: Value })
}
