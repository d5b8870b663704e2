import { LOG_COLUMNS, type LogRowInput, type WriteHook } from '@forge/writer-core'
import { defineCommand } from '../command/command.ts'
import { EXIT } from '../command/exit-code.ts'
import { flag, repeated, text } from '../command/option.ts'
import { UsageError } from '../command/usage-error.ts'
import { countText } from '../output/format.ts'
import { chooseRules, RULES_OPTION } from '../quality/choose-rules.ts'

export const quarantineRelease = defineCommand({
  description: `Write rows of the quarantine into the log, corrected where asked, through the rules; those that fail again stay held back.

Stopped halfway, the same command goes on: no row is written twice.`,
  args: [{ name: '[ids...]', description: 'Ids of the rows, as quarantine list prints them' }],
  options: {
    where: text('Rows that fulfil a condition', { short: 'w' }),
    all: flag('All rows'),
    set: repeated('Correct a column, such as duration_secs=12; null for none (repeatable)', { value: 'column=value' }),
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
    const result = await releaseQuarantine(await openWriter({ hooks }), {
      correct: (row) => ({ ...row, ...change }),
      ...(args.length > 0 && { ids: args }),
      ...(options.where !== undefined && { where: options.where }),
    })
    await output.result(result, () => [
      `${countText(result.released)} rows released, ${countText(result.heldAgain)} held back again`,
    ])
    return result.heldAgain > 0 ? EXIT.breach : EXIT.ok
  },
})

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
