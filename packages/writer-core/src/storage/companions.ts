import { column, jsonField } from '../predicate/build.ts'
import type { Expression } from '../predicate/predicate.ts'
import type { TableRef } from './log-table.ts'

/** A table that is kept next to a log: `<table>_<suffix>`. */
export interface Companion {
  readonly suffix: string
  /** Where its rows hold what a row of the log has in these columns. */
  readonly columns: Readonly<Record<string, Expression>>
  /** The column that names the run of which a row speaks. */
  readonly run?: string
}

const SAME = ['run_id', 'pipeline_id', 'phase', 'step_name'] as const

/** Every table that the packages keep next to a log. */
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
  // Rows are held back with all columns of the log.
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

/** The companion that a table is by its name; undefined for a table of another kind. */
export function companionOf({ name }: TableRef): Companion | undefined {
  return COMPANIONS.filter(({ suffix }) => name.endsWith(`_${suffix}`)).sort(
    (a, b) => b.suffix.length - a.suffix.length,
  )[0]
}

/** Those of the tables that belong to a log: its companions, the tables that its rows are routed to by their names, and theirs. */
export function tablesNextTo({ schema, name }: TableRef, tables: readonly TableRef[]): readonly TableRef[] {
  return tables.filter((each) => each.schema === schema && each.name.startsWith(`${name}_`))
}
