import { column, jsonField } from '../predicate/build.ts'
import type { Expression } from '../predicate/predicate.ts'
import type { TableRef } from './log-table.ts'

/** A companion table of a log: `<table>_<suffix>`. */
export interface Companion {
  readonly suffix: string
  /** The expressions that give, in a row of the companion, the values of these columns of the log. */
  readonly columns: Readonly<Record<string, Expression>>
  /** The column with the run id of a row. */
  readonly run?: string | undefined
}

const SAME = ['run_id', 'pipeline_id', 'phase', 'step_name'] as const

/** All companion tables that the packages use. */
export const COMPANIONS: readonly Companion[] = [
  { suffix: 'quality', columns: { run_id: column('run_id') }, run: 'run_id' },
  {
    suffix: 'anomalies',
    columns: {
      run_id: column('run_id'),
      pipeline_id: column('pipeline'),
      phase: column('phase'),
      step_name: column('step'),
    },
    run: 'run_id',
  },
  { suffix: 'anomaly_feedback', columns: { pipeline_id: column('pipeline'), step_name: column('step') } },
  // Quarantined rows have all columns of the log.
  { suffix: 'quarantine', columns: Object.fromEntries(SAME.map((name) => [name, column(name)])), run: 'run_id' },
  { suffix: 'unfinished', columns: {} },
  {
    suffix: 'alerts',
    columns: {
      run_id: jsonField('alert', 'runId'),
      pipeline_id: jsonField('alert', 'pipeline'),
      step_name: jsonField('alert', 'step'),
    },
  },
]

/** Returns the companion that has the suffix of a table's name, in any case; undefined if the table is not a companion. */
export function companionOf({ name }: TableRef): Companion | undefined {
  const lower = name.toLowerCase()
  return COMPANIONS.filter(({ suffix }) => lower.endsWith(`_${suffix}`)).sort(
    (a, b) => b.suffix.length - a.suffix.length,
  )[0]
}

/** Returns the tables that belong to a log: its companions, the tables with a suffix to which rows are routed, and the companions of these. */
export function tablesNextTo({ schema, name }: TableRef, tables: readonly TableRef[]): readonly TableRef[] {
  return tables.filter((each) => each.schema === schema && each.name.startsWith(`${name}_`))
}
