import { LOG_COLUMNS, type LogRowInput, type WriteHook } from '@forge/writer-core'
import { defineCommand } from '../command/command.ts'
import { EXIT } from '../command/exit-code.ts'
import { flag, repeated, text } from '../command/option.ts'
import { UsageError } from '../command/usage-error.ts'
import { countText } from '../output/format.ts'
import { chooseRules, RULES_OPTION } from '../quality/choose-rules.ts'

export const quarantineRelease = defineCommand({
  description: `Write rows of the quarantine into the log, corrected if asked, through the rules. Rows that fail again, or that still break a rule which held them back, stay, and the rules are named.

Stopped halfway, the same command goes on: no row is written twice.`,
  args: [{ name: '[ids...]', description: 'Ids of the rows, as quarantine list prints them' }],
  options: {
    where: text('Rows that fulfil a condition', { short: 'w' }),
    all: flag('All rows'),
    set: repeated('Correct a column, such as duration_secs=12; null for none (repeatable)', { value: 'column=value' }),
    force: flag('Release rows also when they still break a rule that held them back'),
    rules: RULES_OPTION,
  },
  examples: [
    { command: 'quarantine release b1:0 --set duration_secs=12', does: 'one row, corrected' },
    { command: 'quarantine release -w "pipeline_id = \'orders\'"', does: 'those of a pipeline, as they are' },
    { command: 'quarantine release --all -r rules.yaml', does: 'all that pass other rules now' },
  ],
  async run({ options, args, output, host, settings, openWriter }) {
    if (args.length === 0 && options.where === undefined && !options.all) {
      throw new UsageError('name the rows to release: ids, --where or --all')
    }
    const change = corrections(options.set)
    const { qualityGate, releaseQuarantine } = await import('@forge/writer-quality')
    const { rules } = await chooseRules(options.rules, host)
    const { config } = await settings()
    // The settings may make a gate of their own; without rules for it a second one would judge by the same.
    const hasGate =
      config.logDataQualityResults ||
      config.minValidationRate !== undefined ||
      config.maxInvalidRowsPercent !== undefined
    const hooks: WriteHook[] = rules || !hasGate ? [qualityGate({ policy: 'quarantine', ...(rules && { rules }) })] : []
    const broken = new Map<string, BrokenRule>()
    const result = await releaseQuarantine(await openWriter({ hooks }), {
      force: options.force,
      onBroken: ({ id, rules: names }) => {
        for (const rule of names) addBroken(broken, rule, id)
      },
      correct: (row) => ({ ...row, ...change }),
      ...(args.length > 0 && { ids: args }),
      ...(options.where !== undefined && { where: options.where }),
    })
    for (const each of broken.values()) output.warn(brokenText(each, options.force))
    if (broken.size > 0 && !options.force) {
      output.note('Correct them with --set, or release them as they are with --force.')
    }
    await output.result({ ...result, brokenRules: [...broken.values()] }, () => [
      `${countText(result.released)} rows released, ${countText(result.heldAgain)} held back again`,
    ])
    return result.heldAgain > 0 ? EXIT.breach : EXIT.ok
  },
})

/** A rule that rows still break. */
interface BrokenRule {
  readonly rule: string
  rows: number
  /** The first of them. */
  readonly ids: string[]
}

const MAX_IDS = 5

function addBroken(broken: Map<string, BrokenRule>, rule: string, id: string): void {
  const known = broken.get(rule) ?? { rule, rows: 0, ids: [] }
  known.rows++
  if (known.ids.length < MAX_IDS) known.ids.push(id)
  broken.set(rule, known)
}

function brokenText({ rule, rows, ids }: BrokenRule, isForced: boolean): string {
  const more = rows > ids.length ? `, and ${countText(rows - ids.length)} more` : ''
  const what = isForced ? 'released although they break' : 'still break'
  return `${countText(rows)} rows ${what} ${rule}: ${ids.join(', ')}${more}`
}

/** `duration_secs=12` as the values of columns, in the types of the columns. Throws UsageError. */
function corrections(texts: readonly string[]): LogRowInput {
  return Object.fromEntries(
    texts.map((each) => {
      const [, name, given] = /^(\w+)=(.*)$/s.exec(each) ?? []
      const column = LOG_COLUMNS.find((known) => known.name === name)
      if (column === undefined || given === undefined) {
        throw new UsageError(`--set ${each}: write the name of a log column, =, and its value`)
      }
      return [column.name, convertedTo(given, column.type, each)]
    }),
  )
}

function convertedTo(given: string, type: (typeof LOG_COLUMNS)[number]['type'], told: string): unknown {
  if (given === 'null') return null
  if (type === 'string' || type === 'json' || type === 'timestamp') return given
  if (type === 'boolean' && (given === 'true' || given === 'false')) return given === 'true'
  const value = given.trim() === '' ? Number.NaN : Number(given)
  if (type === 'boolean' || !Number.isFinite(value)) throw new UsageError(`--set ${told}: must be a ${type}`)
  return value
}
