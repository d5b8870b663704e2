import { appendFile } from 'node:fs/promises'
import type { QualityResult, RuleOutcome } from '@forge/writer-core'
import type { Host } from '../host.ts'
import { countText, percentText } from '../output/format.ts'
import type { Output } from '../output/output.ts'
import { failureText, headlineOf, notJudgedText, verdictText, wordOf } from './outcome-text.ts'

/** GitHub shows at most ten annotations of a kind per step. */
const MAX_ANNOTATIONS = 10

/**
 * Reports to GitHub Actions: prints an annotation for each failing rule to standard error, which keeps standard output for data, and adds a table to
 * the job summary if `GITHUB_STEP_SUMMARY` names a file.
 */
export async function reportToGithub(
  result: QualityResult,
  { tableFqn, output, host }: { readonly tableFqn: string; readonly output: Output; readonly host: Host },
): Promise<void> {
  for (const outcome of result.failures.slice(0, MAX_ANNOTATIONS)) output.note(annotation(outcome))
  for (const line of notJudgedAnnotations(result, tableFqn)) output.note(line)
  const file = host.env.GITHUB_STEP_SUMMARY
  if (!file) return
  try {
    await appendFile(file, stepSummary(result, tableFqn))
  } catch (error) {
    output.warn(`cannot write the job summary: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Returns an annotation such as `::error title=Rule x::message`. */
function annotation(outcome: RuleOutcome): string {
  return `::${outcome.severity} title=${property(`Rule ${outcome.rule}`)}::${message(failureText(outcome))}`
}

/** Returns a notice for each rule that was not judged, or one warning if none was. */
function notJudgedAnnotations({ verdict, outcomes }: QualityResult, tableFqn: string): string[] {
  if (verdict === 'notJudged')
    return [`::warning title=${property('Quality')}::${message(`nothing in ${tableFqn} was judged`)}`]
  return outcomes
    .filter((outcome) => outcome.verdict === 'notJudged')
    .slice(0, MAX_ANNOTATIONS)
    .map((outcome) => `::notice title=${property(`Rule ${outcome.rule}`)}::${message(notJudgedText(outcome))}`)
}

/** Returns the summary as Markdown. Text from the log is escaped, so that it cannot end a cell or become markup. */
function stepSummary(result: QualityResult, tableFqn: string): string {
  const rows = result.outcomes.map((outcome) => {
    const { rule, checkedRows, failingRows, failingShare } = outcome
    const figures = [countText(checkedRows), countText(failingRows), percentText(failingShare * 100)]
    return `| ${wordOf(outcome)} | ${cell(rule)} | ${figures.join(' | ')} |`
  })
  return [
    `### ${capital(headlineOf(result))}: ${cell(tableFqn)}`,
    '',
    `${verdictText(result)}.`,
    '',
    '|  | rule | checked | failing | share |',
    '| --- | --- | ---: | ---: | ---: |',
    ...rows,
    '',
    '',
  ].join('\n')
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

// These are the escapes of GitHub's own toolkit; the runner decodes them.
function message(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return message(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

function cell(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]+/gu, ' ')
    .replaceAll(/[\\`*_[\]|~#@!]/g, '\\$&')
    .replaceAll(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`)
}
