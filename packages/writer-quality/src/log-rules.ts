import {
  and,
  type ColumnDefinition,
  column,
  eq,
  gte,
  isIn,
  isNotNull,
  jsonField,
  lte,
  ne,
  or,
  PHASES,
  RUN_MODES,
  WRITE_MODES,
} from '@forge/writer-core'
import { assertOptions, findColumn, option } from '@forge/writer-core/storage'
import { defineRule } from './define-rule.ts'
import type { Rule } from './rule.ts'
import { compareColumns } from './rules/compare-columns.ts'
import { oneOf } from './rules/one-of.ts'
import { range } from './rules/range.ts'

const IDS = ['run_id', 'execution_id', 'pipeline_id', 'schema', 'step_name'] as const

/**
 * Returns the rules that every row of a log must pass: ids that are not empty, durations and counts of at least 0, rates from 0 to 100, valid and
 * invalid rows that add up, no more rows written than processed (unless the metadata of a row says `"expands_rows": true`), an end after its start, a
 * known phase and modes. Null fails for ids, phase and run mode, and passes elsewhere. With `columns`, only the rules whose columns exist.
 */
export function logRules(
  options: { readonly columns?: readonly ColumnDefinition[] | undefined } = {},
): readonly Rule[] {
  assertOptions('logRules', options, { columns: option.list(option.object) })
  const { columns } = options
  if (!columns) return LOG_RULES
  return LOG_RULES.filter((rule) => rule.columns.every((name) => findColumn(name, columns) !== undefined))
}

const LOG_RULES: readonly Rule[] = [
  ...IDS.map((id) =>
    defineRule({
      name: `${id} is not empty`,
      description: `${id} is neither null nor the empty text`,
      check: { kind: 'row', passes: and(isNotNull(id), ne(id, '')) },
    }),
  ),
  isKnown('phase', PHASES),
  isKnown('run_mode', RUN_MODES),
  oneOf('write_mode', { values: WRITE_MODES, name: 'write_mode is known' }),
  defineRule({
    name: 'duration_secs is not negative',
    description: 'duration_secs is a finite number of at least 0',
    check: {
      kind: 'row',
      // NaN is greater than every number.
      passes: and(gte('duration_secs', 0), lte('duration_secs', Number.MAX_VALUE)),
      applies: isNotNull('duration_secs'),
    },
  }),
  range('validation_rate', { min: 0, max: 100, name: 'validation_rate is a percentage' }),
  ...(['input_rows', 'output_rows', 'rows_written', 'rows_processed', 'valid_rows', 'invalid_rows'] as const).map(
    (count) => range(count, { min: 0, name: `${count} is not negative` }),
  ),
  defineRule({
    name: 'valid and invalid rows add up',
    description: 'valid_rows + invalid_rows = rows_processed',
    check: {
      kind: 'row',
      passes: eq(
        { kind: 'arithmetic', operator: '+', left: column('valid_rows'), right: column('invalid_rows') },
        column('rows_processed'),
      ),
      applies: and(isNotNull('valid_rows'), isNotNull('invalid_rows'), isNotNull('rows_processed')),
    },
  }),
  defineRule({
    name: 'no more rows written than processed',
    description: 'rows_written <= rows_processed, unless the metadata says "expands_rows": true',
    check: {
      kind: 'row',
      passes: or(
        lte('rows_written', column('rows_processed')),
        and(
          isNotNull('metadata'),
          isNotNull(jsonField('metadata', 'expands_rows')),
          eq(jsonField('metadata', 'expands_rows'), 'true'),
        ),
      ),
      applies: and(isNotNull('rows_written'), isNotNull('rows_processed')),
    },
  }),
  compareColumns('end_time', { operator: '>=', other: 'start_time', name: 'a step ends after its start' }),
  compareColumns('run_ended_at', { operator: '>=', other: 'run_started_at', name: 'a run ends after its start' }),
]

function isKnown(name: 'phase' | 'run_mode', values: readonly string[]): Rule {
  return defineRule({
    name: `${name} is known`,
    description: `${name} is one of ${values.join(', ')}`,
    check: { kind: 'row', passes: and(isNotNull(name), isIn(name, values)) },
  })
}
