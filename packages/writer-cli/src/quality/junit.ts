import type { QualityResult, RuleOutcome } from '@forge/writer-core'
import { failureText, notJudgedText } from './outcome-text.ts'

/**
 * Returns the outcomes as a JUnit report with one test case per rule. A rule of severity `warn` never fails there; its message is in `system-out`.
 * Rules that had nothing to check are skipped, and so is the single test case of a check without rules.
 */
export function junitReport({ outcomes, durationMs }: QualityResult, tableFqn: string): string {
  const failures = outcomes.filter(isFailure).length
  const attributes = [
    `name="${escapeXml(`quality of ${tableFqn}`)}"`,
    `tests="${Math.max(1, outcomes.length)}"`,
    `failures="${failures}"`,
    'errors="0"',
    `skipped="${outcomes.length === 0 ? 1 : outcomes.filter(({ verdict }) => verdict === 'notJudged').length}"`,
    `time="${(durationMs / 1000).toFixed(3)}"`,
  ].join(' ')
  const cases = outcomes.map((outcome) => testCase(outcome, tableFqn))
  if (cases.length === 0) cases.push(noRules(tableFqn))
  return ['<?xml version="1.0" encoding="UTF-8"?>', `<testsuite ${attributes}>`, ...cases, '</testsuite>', ''].join(
    '\n',
  )
}

function testCase(outcome: RuleOutcome, tableFqn: string): string {
  const head = `  <testcase classname="${escapeXml(tableFqn)}" name="${escapeXml(outcome.rule)}"`
  if (outcome.verdict === 'notJudged')
    return `${head}><skipped message="${escapeXml(notJudgedText(outcome))}"/></testcase>`
  if (outcome.passed) return `${head}/>`
  const text = escapeXml(failureText(outcome))
  const body = isFailure(outcome)
    ? `<failure type="${outcome.severity}" message="${text}"/>`
    : `<system-out>warning: ${text}</system-out>`
  return `${head}>${body}</testcase>`
}

function noRules(tableFqn: string): string {
  return `  <testcase classname="${escapeXml(tableFqn)}" name="rules"><skipped message="no rules"/></testcase>`
}

function isFailure({ passed, severity }: RuleOutcome): boolean {
  return !passed && severity === 'error'
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** Escapes text for XML content and attributes. Line breaks become spaces; characters that XML does not allow become U+FFFD. */
function escapeXml(text: string): string {
  return text
    .replaceAll(/[\t\n\r]+/g, ' ')
    .replaceAll(/[\p{Cc}\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd')
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}
