import { countOf } from '@forge/writer-core/text'
import type { SuggestedRules } from '@forge/writer-quality'
import { defineCommand } from '../command/command.ts'
import { parseMoment } from '../command/moment.ts'
import { flag, number, text } from '../command/option.ts'
import { limitedSource, PIPELINE_OPTIONS } from '../command/owner-options.ts'
import { UsageError } from '../command/usage-error.ts'
import { countText } from '../output/format.ts'
import { isStandardOutput, writeOutputFile } from '../output/output-file.ts'

export const suggest = defineCommand({
  description: `Suggest quality rules that the history of the log supports, as a rule file to edit and commit.

Each rule is tried on the log; a comment in the file shows the evidence for it. A rule needs at least 30 rows, one on the steps of a pipeline 10 runs. \
Use the file with check.`,
  options: {
    output: text('Write the rules to this file instead of printing them', { short: 'o', value: 'file' }),
    force: flag('Replace the file if it exists'),
    since: text('Learn only from rows that started at or after this time: 90d, 2w, or ISO 8601', { value: 'time' }),
    ...PIPELINE_OPTIONS,
    maxFailing: number('Maximum share of rows that may break a suggested rule, from 0 to 0.5', {
      max: 0.5,
      default: 0.001,
    }),
  },
  examples: [
    { command: 'suggest', does: 'print suggested rules' },
    { command: 'suggest -o forge-writer.rules.yaml --since 90d', does: 'write them to the file that check finds' },
  ],
  async run({ options, output, host, openSource, signal }) {
    const { suggestRules } = await import('@forge/writer-quality')
    const found = await suggestRules(await limitedSource(await openSource(), options), {
      maxFailingShare: options.maxFailing,
      now: host.now,
      signal,
      since: options.since === undefined ? undefined : parseMoment(options.since, host.now()),
    })
    const summary = summaryOf(found)
    const file = options.output === undefined || isStandardOutput(options.output) ? undefined : options.output
    const isWritten = file !== undefined && found.rules.length > 0
    if (isWritten) await writeRules(file, found.ruleFile, { cwd: host.cwd, overwrite: options.force })
    if (output.isJson) await output.result(found, () => [])
    // The lines of a file are printed as they are.
    else if (!isWritten && found.rules.length > 0) await output.print(found.ruleFile.trimEnd())
    output.note(isWritten ? `${summary}: written to ${file}` : summary)
  },
})

function summaryOf({ rules, rows, minRows, rejected }: SuggestedRules): string {
  const have = `the log has ${countOf(rows, 'row', 'rows')}${rows < minRows ? '' : ', but nothing in them is constant enough for a rule'}`
  if (rules.length === 0) {
    return `no rule suggested: a suggestion needs at least ${minRows} rows of the same kind, and ${have}; record more runs first`
  }
  const broken = rejected === 0 ? '' : `; ${countText(rejected)} rejected because too many rows break them`
  return `${countOf(rules.length, 'rule', 'rules')} suggested from ${countOf(rows, 'row', 'rows')}${broken}`
}

async function writeRules(
  file: string,
  text: string,
  place: { readonly cwd: string; readonly overwrite: boolean },
): Promise<void> {
  try {
    await writeOutputFile(file, text, place)
  } catch (error) {
    if (place.overwrite || (error as { readonly cause?: unknown }).cause !== undefined) throw error
    throw new UsageError(`${file} already exists`, { suggestions: ['Add --force to replace it.'] })
  }
}
