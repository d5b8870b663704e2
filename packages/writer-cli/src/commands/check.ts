import type { QualityResult, RuleOutcome, Verdict } from '@forge/writer-core'
import { visibleLine } from '@forge/writer-core/text'
import { defineCommand } from '../command/command.ts'
import { exitOfVerdict, FAIL_ON_EMPTY } from '../command/fail-on-empty.ts'
import { assertKnownNames } from '../command/known-names.ts'
import { choice, flag, integer, text } from '../command/option.ts'
import { conditionFor, ROW_FILTERS, rowFilter } from '../command/row-filters.ts'
import { UsageError } from '../command/usage-error.ts'
import { countText, percentText, valueText } from '../output/format.ts'
import type { Output } from '../output/output.ts'
import { writeOutputFile } from '../output/output-file.ts'
import type { StyleFormat } from '../output/style.ts'
import { formatTable, type TableColumn } from '../output/table.ts'
import { chooseRules, RULES_OPTION } from '../quality/choose-rules.ts'
import { reportToGithub } from '../quality/github.ts'
import { junitReport } from '../quality/junit.ts'
import { failureText, headlineOf, verdictText, wordOf } from '../quality/outcome-text.ts'

export const check = defineCommand({
  description: `Check the rows of the log against quality rules, and exit with 3 if a rule fails.

The rules run inside the storage engine. In GitHub Actions, failing rules become annotations and a table in the job summary.`,
  options: {
    rules: RULES_OPTION,
    ...ROW_FILTERS,
    failOn: choice(['error', 'warning', 'never'], 'Exit with 3 if a rule of at least this severity fails', {
      default: 'error',
    }),
    failOnEmpty: FAIL_ON_EMPTY,
    examples: integer('Maximum number of failing rows to include per rule with --json', { max: 1000, default: 10 }),
    junit: text('Also write a JUnit report', { value: 'file' }),
    github: flag('Also report to GitHub Actions; on by default if GITHUB_ACTIONS is true'),
  },
  examples: [
    { command: 'check', does: 'use the nearest rule file, or the built-in rules' },
    { command: 'check --rules rules.yaml --since 1d', does: 'check the last 24 hours' },
    { command: 'check -r rules.yaml --junit report.xml --json', does: 'in a CI job' },
  ],
  async run({ options, output, host, openSource, signal }) {
    if (options.junit === '-') throw new UsageError('--junit needs a file')
    const { rules, file } = await chooseRules(options.rules, host)
    const { validateLogDataQuality } = await import('@forge/writer-quality')
    const filter = rowFilter(options, host.now())
    const source = await openSource()
    await assertKnownNames(source, options)
    const where = await conditionFor(source, filter, options)
    const result = await validateLogDataQuality(source, {
      maxExamples: options.examples,
      now: host.now,
      signal,
      validationRules: rules,
      where,
    })
    const tableFqn = `${source.config.tableSchema}.${source.config.tableName}`
    await output.result({ tableFqn, rulesFrom: file ?? null, ...result }, () => checkLines(result, output))
    if (options.junit !== undefined)
      await writeOutputFile(options.junit, junitReport(result, tableFqn), { cwd: host.cwd })
    if (options.github || host.env.GITHUB_ACTIONS === 'true') await reportToGithub(result, { tableFqn, output, host })
    const verdict = verdictFrom(result, options.failOn)
    return exitOfVerdict({ verdict, failOnEmpty: options.failOnEmpty, env: host.env })
  },
})

function* checkLines(result: QualityResult, output: Output): Generator<string> {
  yield* formatTable(COLUMNS, result.outcomes, output)
  yield ''
  for (const outcome of result.failures) {
    yield `${output.style(STYLES[wordOf(outcome)] ?? 'bold', visibleLine(outcome.rule))}  ${visibleLine(failureText(outcome))}`
  }
  if (result.failures.length > 0) yield ''
  for (const { rule, note } of result.outcomes) if (note !== undefined) yield visibleLine(`${rule}: ${note}`)
  yield `${output.style(VERDICT_STYLES[result.verdict], headlineOf(result))}: ${verdictText(result)}`
}

/** Returns the verdict if only rules of at least this severity count. */
function verdictFrom({ verdict, failures }: QualityResult, min: 'error' | 'warning' | 'never'): Verdict {
  if (min === 'warning' && failures.length > 0) return 'failed'
  return min === 'never' && verdict === 'failed' ? 'passed' : verdict
}

const VERDICT_STYLES = { passed: 'green', failed: 'red', notJudged: 'yellow' } as const

const STYLES: Readonly<Record<string, StyleFormat>> = {
  ok: 'green',
  warning: 'yellow',
  FAIL: 'red',
  'not judged': 'gray',
}

const COLUMNS: readonly TableColumn<RuleOutcome>[] = [
  { header: '', cell: wordOf, shrink: false, style: (outcome) => STYLES[wordOf(outcome)] },
  { header: 'rule', cell: ({ rule }) => rule, minWidth: 24 },
  { header: 'checked', align: 'right', cell: ({ checkedRows }) => countText(checkedRows) },
  { header: 'failing', align: 'right', cell: ({ failingRows }) => countText(failingRows) },
  { header: 'share', align: 'right', cell: ({ failingShare }) => percentText(failingShare * 100), leaves: 1 },
  { header: 'observed', align: 'right', cell: ({ observed }) => valueText(observed), leaves: 2 },
]
