import { isWriterError } from '@forge/writer-core'
import { isObject, type OptionProblem } from '@forge/writer-core/storage'
import type { Rule } from '../rule.ts'
import { type RuleSpec, ruleFromSpec } from '../rule-from-spec.ts'
import { RULE_KINDS } from '../rules/registry.ts'
import { type RuleFileProblem, ruleFileError } from './problem.ts'

type Path = readonly (string | number)[]

export interface ReadOptions {
  readonly file: string
  /** Returns the line and column of a part of the file. */
  readonly placeOf?: ((path: Path) => { readonly line: number; readonly column: number }) | undefined
  /** True if a rule may be a {@link Rule}, as in modules. Default false. */
  readonly takesRules?: boolean | undefined
}

const MAX_RULES = 500
/** The limit for conditions and patterns together, which take time to parse. */
const MAX_CONDITION_CHARACTERS = 20_000
const KEYS = ['version', 'rules']

/** Returns the rules of the value of a rule file. Throws WriterConfigurationError that lists every problem of every rule with its place. */
export function rulesFromValue(value: unknown, { file, placeOf, takesRules = false }: ReadOptions): readonly Rule[] {
  const problems: RuleFileProblem[] = []
  const report = (path: Path, message: string) => {
    problems.push({ path: pathText(path), message, ...placeOf?.(path) })
  }
  const rules = entriesOf(value, report).flatMap(([path, entry]) => {
    try {
      if (takesRules && isRule(entry)) return [entry]
      const spec = specOf(entry)
      if (!isObject(spec) || RULE_KINDS.has(spec.rule)) return [ruleFromSpec(spec)]
      report(path, `unknown kind; use one of ${[...RULE_KINDS.keys()].join(', ')}`)
      return []
    } catch (error) {
      if (!isWriterError(error)) throw error
      for (const [subpath, message] of problemsOf(error.context.problems, error.message)) {
        report([...path, ...subpath], message)
      }
      return []
    }
  })
  if (problems.length === 0) reportDoubled(rules, Array.isArray(value) ? [] : ['rules'], report)
  if (problems.length > 0) throw ruleFileError(file, problems)
  return rules
}

type Report = (path: Path, message: string) => void

function entriesOf(value: unknown, report: Report): [Path, unknown][] {
  const isList = Array.isArray(value)
  if (!isList && !isObject(value)) {
    report([], 'must be a list of rules, or an object with the key rules')
    return []
  }
  if (!isList) {
    for (const key of Object.keys(value)) {
      if (!KEYS.includes(key)) report([key], `unknown key (there are: ${KEYS.join(', ')})`)
    }
    if (value.version !== undefined && value.version !== 1) report(['version'], 'must be 1')
  }
  const rules: unknown = isList ? value : value.rules
  const path: Path = isList ? [] : ['rules']
  if (!Array.isArray(rules) || rules.length === 0) report(path, 'must be a list of at least one rule')
  if (!Array.isArray(rules)) return []
  const characters = rules.reduce((sum: number, rule) => sum + conditionLength(rule), 0)
  if (rules.length > MAX_RULES) report(path, `more than ${MAX_RULES} rules`)
  else if (characters > MAX_CONDITION_CHARACTERS) {
    report(path, `more than ${MAX_CONDITION_CHARACTERS} characters of conditions and patterns`)
  } else return rules.map((rule, index) => [[...path, index], rule])
  return []
}

function conditionLength(entry: unknown): number {
  if (typeof entry === 'string') return entry.length
  if (!isObject(entry)) return 0
  return [entry.expression, entry.where, entry.pattern].reduce(
    (sum: number, text) => sum + (typeof text === 'string' ? text.length : 0),
    0,
  )
}

/** Returns the data of a rule. A text is a condition. */
function specOf(entry: unknown): RuleSpec {
  return typeof entry === 'string' ? { rule: 'expression', expression: entry } : (entry as RuleSpec)
}

/** Returns the problems of a rule's error with their places in the rule. An option that is unknown or missing is a problem of the rule as a whole. */
function problemsOf(problems: unknown, message: string): [Path, string][] {
  if (!Array.isArray(problems)) return [[[], message]]
  return (problems as readonly OptionProblem[]).map(({ setting, problem, value }) =>
    value === undefined ? [[], `${setting} ${problem}`] : [steps(setting), problem],
  )
}

function steps(path: string): (string | number)[] {
  return path.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : step))
}

function reportDoubled(rules: readonly Rule[], path: Path, report: Report): void {
  const seen = new Set<string>()
  for (const [index, { name }] of rules.entries()) {
    if (seen.has(name))
      report([...path, index], `the name ${name.slice(0, 100)} appears twice: give each rule its own name`)
    seen.add(name)
  }
}

function isRule(value: unknown): value is Rule {
  return isObject(value) && isObject(value.check) && typeof value.name === 'string'
}

/** Returns a path such as `rules[2].min`. */
function pathText(path: Path): string {
  return path.map((step, at) => (typeof step === 'number' ? `[${step}]` : `${at > 0 ? '.' : ''}${step}`)).join('')
}
