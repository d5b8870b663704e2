import { type ColumnDefinition, LOG_COLUMNS } from '@forge/writer-core'
import { countText } from '@forge/writer-core/text'
import type { ColumnProfile } from '../profile/column-profile.ts'
import { type Candidate, MIN_ROWS } from './candidate.ts'
import { boundsAround } from './margins.ts'

const MAX_VALUES = 20
const MIN_OF_EACH = 3
const LONGEST_VALUE = 200

/** Suggests rules on the values of one column: not null, one of a few, within bounds. */
export function columnCandidates(profile: ColumnProfile, definition: ColumnDefinition): Candidate[] {
  return [...presence(profile, definition), ...fewValues(profile), ...bounds(profile)]
}

// If the table itself refuses nulls, a rule would add nothing.
function presence({ name, count, nulls }: ColumnProfile, { nullable }: ColumnDefinition): Candidate[] {
  if (!nullable || nulls > 0 || count < MIN_ROWS) return []
  return [{ spec: { rule: 'notNull', column: name }, evidence: `all ${countText(count)} rows have a value` }]
}

function fewValues({ name, type, count, distinct, topValues }: ColumnProfile): Candidate[] {
  const isClosed = topValues.length === distinct && topValues.every((top) => top.count >= MIN_OF_EACH)
  if (type !== 'string' || distinct > MAX_VALUES || count < MIN_ROWS || !isClosed) return []
  const values = topValues.map(({ value }) => String(value))
  if (values.some((value) => value.length > LONGEST_VALUE)) return []
  const seen = topValues.map((top) => `${JSON.stringify(top.value)} ${countText(top.count)}`).join(', ')
  return [
    {
      // A new name is news, not an error.
      spec: { rule: 'oneOf', column: name, values, severity: 'warning' },
      evidence: `${distinct === 1 ? 'one value' : `${countText(distinct)} different values`} in ${countText(count)} rows: ${seen}`,
    },
  ]
}

function bounds({ name, type, count, distinct, min, max, numbers }: ColumnProfile): Candidate[] {
  const { p01, p50, p99 } = numbers?.quantiles ?? { p01: null, p50: null, p99: null }
  if (count < MIN_ROWS || distinct < 3 || p01 === null || p99 === null) return []
  const seen = { min: Number(min), max: Number(max), p01, p99 }
  if (![seen.min, seen.max].every((value) => Math.abs(value) <= Number.MAX_SAFE_INTEGER)) return []
  const evidence = `${shortly(seen.min)} to ${shortly(seen.max)} in ${countText(count)} rows, median ${shortly(p50)}, 98 % of them ${shortly(p01)} to ${shortly(p99)}`
  return boundsAround(seen, limitsOf(name)).map((each) => ({
    spec: { rule: 'range', column: name, ...whole(each, type), severity: 'warning' },
    evidence,
    purpose: `range of ${name}`,
  }))
}

function limitsOf(name: string): { readonly min?: number | undefined; readonly max?: number | undefined } {
  const { min, max }: ColumnDefinition = LOG_COLUMNS.find((each) => each.name === name) ?? NO_LIMITS
  return { min, max }
}

const NO_LIMITS: ColumnDefinition = { name: '', type: 'double', nullable: true }

function whole<Values extends { readonly min: number; readonly max: number }>({ min, max }: Values, type: string) {
  return type.startsWith('int') ? { min: Math.floor(min), max: Math.ceil(max) } : { min, max }
}

export function shortly(value: number | null): string {
  return value === null ? 'none' : Number(value.toPrecision(4)).toLocaleString('en-US', { maximumFractionDigits: 6 })
}
