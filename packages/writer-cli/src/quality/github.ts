import { appendFile } from 'node:fs/promises'
import type { QualityResult, RuleOutcome } from '@forge/writer-core'
import type { Host } from '../host.ts'
import { countText, percentText } from '../output/format.ts'
import type { Output } from '../output/output.ts'
import { failureText, headlineOf, notJudgedText, verdictText, wordOf } from './outcome-text.ts'

/** GitHub shows ten annotations of a kind per step. */
const MOST_ANNOTATIONS = 10

/**
 * Tells GitHub Actions: an annotation for each rule that does not hold, to standard error so that data stays data, and a table in the summary of the step
 * where `GITHUB_STEP_SUMMARY` names a file.
 */
export async function tellGithub(
  result: QualityResult,
  { tableFqn, output, host }: { readonly tableFqn: string; readonly output: Output; readonly host: Host },
): Promise<void> {
  for (const outcome of result.failures.slice(0, MOST_ANNOTATIONS)) output.note(annotation(outcome))
  for (const line of notJudgedAnnotations(result, tableFqn)) output.note(line)
  const file = host.env.GITHUB_STEP_SUMMARY
  if (!file) return
  try {
    await appendFile(file, stepSummary(result, tableFqn))
  } catch (error) {
    output.warn(`the step summary cannot be written: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** `::error title=Rule x::what is wrong` */
function annotation(outcome: RuleOutcome): string {
  const level = outcome.severity === 'warn' ? 'warning' : 'error'
  return `::${level} title=${property(`Rule ${outcome.rule}`)}::${message(failureText(outcome))}`
}

/** A notice for each rule that had nothing to judge; a warning when that is so of all. */
function notJudgedAnnotations({ verdict, outcomes }: QualityResult, tableFqn: string): string[] {
  if (verdict === 'notJudged')
    return [`::warning title=${property('Quality')}::${message(`nothing of ${tableFqn} was judged`)}`]
  return outcomes
    .filter((outcome) => outcome.verdict === 'notJudged')
    .slice(0, MOST_ANNOTATIONS)
    .map((outcome) => `::notice title=${property(`Rule ${outcome.rule}`)}::${message(notJudgedText(outcome))}`)
}

/** Markdown. Text of the log can neither end a cell nor become markup. */
function stepSummary(result: QualityResult, tableFqn: string): string {
  const rows = result.outcomes.map((outcome) => {
    const { rule, checkedRows, failingRows, failingRate } = outcome
    const figures = [countText(checkedRows), countText(failingRows), percentText(failingRate * 100)]
    return `| ${wordOf(outcome)} | ${cell(rule)} | ${figures.join(' | ')} |`
  })
  return [
    `### ${capital(headlineOf(result))}: ${cell(tableFqn)}`,
    '',
    `${verdictText(result)}.`,
    '',
    '|  | rule | judged | failing | share |',
    '| --- | --- | ---: | ---: | ---: |',
    ...rows,
    '',
    '',
  ].join('\n')
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

// As GitHub's own toolkit escapes: the runner undoes it.
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
