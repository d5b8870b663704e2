import type { Random } from '@forge/fixtures'
import { type Maker, makeList, pickFields } from './valid-text.ts'

const NUMBERS = ['duration_secs', 'rows_processed', 'rows_written', 'validation_rate']
const TEXTS = ['run_id', 'phase', 'step_name', 'error_message']
const COLUMNS = [...NUMBERS, ...TEXTS, 'success', 'start_time', 'metadata']
const CONDITIONS = [
  'duration_secs >= 0',
  "phase <> 'pipeline' or rows_processed is not null",
  "step_name like 'a%' and not (success = false)",
  'rows_written is null or rows_written <= rows_processed',
  "metadata ->> 'user' = 'x'",
  'coalesce(rows_written, 0) * 2 >= -1.5',
]
const PATTERNS = ['^[a-z_]+$', 'a{1,20}', '(x|a)*', '^run-\\d+$', '.', '[^"]', '(?i)GOLD']

const makeNumber: Maker = (random) => random.pick([-1, 0, 0.5, 1, 3600, 9007199254740991, 1e300, -1e-300])
const makeCount: Maker = (random) => random.pick([0, 1, 50, 1000])
const makeShare: Maker = (random) => random.pick([0, 0.01, 0.5, 0.999, 1])
const pickNumber: Maker = (random) => random.pick(NUMBERS)
const pickText: Maker = (random) => random.pick(TEXTS)
const pickColumn: Maker = (random) => random.pick(COLUMNS)

/** The options of each kind: all of the first, some of the second. */
const KINDS: Readonly<Record<string, readonly [Readonly<Record<string, Maker>>, Readonly<Record<string, Maker>>]>> = {
  change: [
    { column: pickNumber, maxDecrease: makeShare },
    { figure: (random) => random.pick(['sum', 'mean', 'count']), maxIncrease: makeShare, window: () => 3 },
  ],
  compareColumns: [
    { column: pickNumber, other: pickNumber, operator: (random) => random.pick(['=', '!=', '<', '<=', '>', '>=']) },
    { mostly: makeShare },
  ],
  completeness: [{ column: pickColumn, min: makeShare }, {}],
  expectedSteps: [{ steps: (random) => makeList(random, 3, (each) => 'a'.repeat(1 + each.below(4))) }, {}],
  expression: [{ expression: (random) => random.pick(CONDITIONS) }, { mostly: makeShare }],
  freshness: [{ column: () => 'start_time', maxAgeSecs: makeCount }, {}],
  length: [
    { column: pickText, max: makeCount },
    { min: () => 0, mostly: makeShare },
  ],
  matches: [{ column: pickText, pattern: (random) => random.pick(PATTERNS) }, { mostly: makeShare }],
  mean: [{ column: pickNumber, max: () => 1e9 }, { min: () => -1 }],
  notNull: [{ column: pickColumn }, { mostly: makeShare }],
  oneOf: [
    { column: pickText, values: (random) => makeList(random, 4, (each) => each.pick(['gold', 'bronze', 'x', ''])) },
    { mostly: makeShare },
  ],
  quantile: [{ column: pickNumber, q: makeShare, max: () => 1e9 }, { min: () => -1 }],
  range: [
    { column: pickNumber, min: makeNumber },
    { max: () => 1e300, mostly: makeShare },
  ],
  rowCount: [{ min: makeCount }, { max: () => 1e6 }],
  sum: [{ column: pickNumber, max: () => 1e12 }, { min: () => -1 }],
  type: [
    {
      column: pickText,
      type: (random) => random.pick(['integer', 'number', 'boolean', 'timestamp', 'date', 'uuid', 'text']),
    },
    { mostly: makeShare },
  ],
  unique: [{ columns: (random) => [...new Set(makeList(random, 3, pickColumn))] }, { mostly: makeShare }],
}

/** The kinds of rules that are made. */
export const MADE_RULE_KINDS: readonly string[] = Object.keys(KINDS)

/** Returns a valid rule file with 1 to 6 rules. */
export function makeRules(random: Random): unknown {
  const rules = makeList(random, 6, (each) => each).map((each, at) => makeRule(each, at))
  return random.chance(0.3) ? rules : { version: 1, rules }
}

function makeRule(random: Random, at: number): unknown {
  if (random.chance(0.15)) return `${random.pick(CONDITIONS)} and rows_processed > -${at + 1}`
  const kind = random.pick(MADE_RULE_KINDS)
  const [needed, optional] = KINDS[kind] ?? [{}, {}]
  const common: Readonly<Record<string, Maker>> = {
    severity: (each) => each.pick(['warning', 'error']),
    where: (each) => each.pick(CONDITIONS),
    description: () => 'what: "it" says # here',
  }
  return {
    rule: kind,
    name: `${kind} ${at}`,
    ...pickFields(random, needed, 1),
    ...pickFields(random, optional, 0.4),
    ...pickFields(random, common, 0.2),
  }
}
