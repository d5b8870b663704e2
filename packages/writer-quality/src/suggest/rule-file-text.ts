import { countText } from '@forge/writer-core/text'
import { Document, type YAMLMap } from 'yaml'
import type { SuggestedRule } from './candidate.ts'

export interface RuleFileFacts {
  readonly tableFqn: string
  readonly rows: number
  readonly since: Date | undefined
  readonly rules: readonly SuggestedRule[]
  readonly at: Date
}

/** Returns a rule file in YAML, with the evidence as a comment above each rule. */
export function ruleFileText({ tableFqn, rows, since, rules, at }: RuleFileFacts): string {
  const document = new Document({ version: 1, rules: [] })
  const nodes = rules.map(({ spec, evidence, failingShare }) => {
    const node = document.createNode(spec) as YAMLMap
    node.commentBefore = ` ${oneLine(evidence)}; ${shareText(failingShare)}`
    return node
  })
  document.set('rules', document.createNode(nodes))
  const period = since ? ` since ${since.toISOString()}` : ''
  document.commentBefore = [
    ` Suggested from ${countText(rows)} rows of ${oneLine(tableFqn)}${period}, on ${at.toISOString().slice(0, 10)}.`,
    ' Edit it: a rule says what must be true, the history only what was true.',
  ].join('\n')
  return document.toString({ lineWidth: 0, commentString: (comment) => comment.replaceAll(/^(?!$)/gm, '#') })
}

function shareText(share: number): string {
  return share === 0 ? 'none failed' : `${Number((share * 100).toPrecision(2))} % failed`
}

// Returns text without line breaks: a value of the log must not end the comment that shows it.
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufeff]+|\p{Surrogate}/gu, ' ').slice(0, 500)
}
