import { LOG_COLUMNS, type LogRowInput, type WriteHook } from '@forge/writer-core'
import { defineCommand } from '../command/command.ts'
import { EXIT } from '../command/exit-code.ts'
import { flag, repeatable, text } from '../command/option.ts'
import { UsageError } from '../command/usage-error.ts'
import { countText } from '../output/format.ts'
import { chooseRules, RULES_OPTION } from '../quality/choose-rules.ts'

export const quarantineRelease = defineCommand({
  description: `Check quarantined rows against the rules again and write those that pass into the log. Use --set to correct values first. Rows that still break a rule stay in quarantine, and the rules are listed.

If the command is interrupted, run it again: it continues and never writes a row twice. Exits with 3 if rows stay in quarantine.`,
  args: [{ name: '[ids...]', description: 'Ids of the rows, as printed by quarantine list' }],
  options: {
    where: text('Rows that match this condition', { short: 'w' }),
    all: flag('All rows in quarantine'),
    set: repeatable('Set a column first, such as duration_secs=12; null clears it (repeatable)', {
      value: 'column=value',
    }),
    force: flag('Also release rows that still break the rules that quarantined them'),
    rules: RULES_OPTION,
  },
  examples: [
    { command: 'quarantine release b1:0 --set duration_secs=12', does: 'correct and release one row' },
    { command: 'quarantine release -w "pipeline_id = \'orders\'"', does: 'release the rows of a pipeline' },
    { command: 'quarantine release --all -r rules.yaml', does: 'release all rows that pass these rules' },
  ],
  async run({ options, args, output, host, settings, openWriter }) {
    if (args.length === 0 && options.where === undefined && !options.all) {
      throw new UsageError('select the rows to release with ids, --where or --all')
    }
    const change = corrections(options.set)
    const { qualityGate, releaseQuarantine } = await import('@forge/writer-quality')
    const { rules } = await chooseRules(options.rules, host)
    const { config } = await settings()
    // The settings may add a gate already; a second one is needed only for other rules.
    const hasGate =
      config.logDataQualityResults ||
      config.minValidationRate !== undefined ||
      config.maxInvalidRowsPercent !== undefined
    const hooks: WriteHook[] = rules || !hasGate ? [qualityGate({ policy: 'quarantine', rules })] : []
    const broken = new Map<string, BrokenRule>()
    const result = await releaseQuarantine(await openWriter({ hooks }), {
      force: options.force,
      onBroken: ({ id, rules: names }) => {
        for (const rule of names) addBroken(broken, rule, id)
      },
      correct: (row) => ({ ...row, ...change }),
      ...(args.length > 0 && { ids: args }),
      where: options.where,
    })
    for (const each of broken.values()) output.warn(brokenText(each, options.force))
    if (broken.size > 0 && !options.force) {
      output.note('Use --set to correct them, or --force to release them unchanged.')
    }
    await output.result({ ...result, brokenRules: [...broken.values()] }, () => [
      `${countText(result.released)} rows released, ${countText(result.heldAgain)} kept in quarantine`,
    ])
    return result.heldAgain > 0 ? EXIT.breach : EXIT.ok
  },
})

/** A rule that selected rows still break. */
interface BrokenRule {
  readonly rule: string
  rows: number
  /** Ids of the first of these rows. */
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
  const what = isForced ? 'were released although they break' : 'still break'
  return `${countText(rows)} rows ${what} ${rule}: ${ids.join(', ')}${more}`
}

/** Parses texts such as `duration_secs=12` to a row with values of the column types. Throws UsageError. */
function corrections(texts: readonly string[]): LogRowInput {
  return Object.fromEntries(
    texts.map((each) => {
      const [, name, given] = /^(\w+)=(.*)$/s.exec(each) ?? []
      const column = LOG_COLUMNS.find((known) => known.name === name)
      if (column === undefined || given === undefined) {
        throw new UsageError(`--set ${each}: must be COLUMN=VALUE with a column of the log`)
      }
      return [column.name, convertTo(given, column.type, each)]
    }),
  )
}

function convertTo(given: string, type: (typeof LOG_COLUMNS)[number]['type'], text: string): unknown {
  if (given === 'null') return null
  if (type === 'string' || type === 'json' || type === 'timestamp') return given
  if (type === 'boolean' && (given === 'true' || given === 'false')) return given === 'true'
  const value = given.trim() === '' ? Number.NaN : Number(given)
  if (type === 'boolean' || !Number.isFinite(value)) throw new UsageError(`--set ${text}: must be a ${type}`)
  return value
}
