import type { QualityResult, RuleOutcome } from '@forge/writer-core'
import { failureText } from './outcome-text.ts'

/** The outcomes as a JUnit report: one test case per rule. Rules of severity `warn` never fail there; what they say is in `system-out`. */
export function junitReport({ outcomes, durationMs }: QualityResult, tableFqn: string): string {
  const failures = outcomes.filter(isFailure).length
  const attributes = [
    `name="${escaped(`quality of ${tableFqn}`)}"`,
    `tests="${outcomes.length}"`,
    `failures="${failures}"`,
    'errors="0"',
    `time="${(durationMs / 1000).toFixed(3)}"`,
  ].join(' ')
  const cases = outcomes.map((outcome) => testCase(outcome, tableFqn))
  return ['<?xml version="1.0" encoding="UTF-8"?>', `<testsuite ${attributes}>`, ...cases, '</testsuite>', ''].join(
    '\n',
  )
}

function testCase(outcome: RuleOutcome, tableFqn: string): string {
  const head = `  <testcase classname="${escaped(tableFqn)}" name="${escaped(outcome.rule)}"`
  if (outcome.passed) return `${head}/>`
  const text = escaped(failureText(outcome))
  const body = isFailure(outcome)
    ? `<failure type="${outcome.severity}" message="${text}"/>`
    : `<system-out>warning: ${text}</system-out>`
  return `${head}>${body}</testcase>`
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

/** For text and attributes; line breaks become spaces, and what XML cannot hold becomes U+FFFD. */
function escaped(text: string): string {
  return text
    .replaceAll(/[\t\n\r]+/g, ' ')
    .replaceAll(/[\p{Cc}\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd')
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}
