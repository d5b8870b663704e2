import { assertOptions, option } from '@forge/writer-core/storage'
import type { Rule } from '../rule.ts'
import { rulesFromValue } from './rules-from-value.ts'

export type RuleFileFormat = 'yaml' | 'json'

/**
 * The rules of a rule file's text: a list of them, or an object with `version: 1` and `rules`. A rule is an object such as
 * `{ rule: range, column: duration_secs, min: 0 }`, or the text of a condition. Up to 256,000 characters and 500 rules, 20,000 of
 * them in conditions and patterns; YAML without tags.
 * Throws WriterConfigurationError, whose `context.problems` lists every problem with line and column. `file` is what they call the text.
 *
 * @example
 * const rules = await parseRuleFile('- duration_secs >= 0', 'yaml')
 */
export async function parseRuleFile(
  text: string,
  format: RuleFileFormat,
  options: { readonly file?: string | undefined } = {},
): Promise<readonly Rule[]> {
  assertOptions('parseRuleFile', options, { file: option.text })
  const { file = `rules.${format}` } = options
  // The parser is loaded only if there is a text.
  const { readDocument } = await import('./document.ts')
  const { value, placeOf } = readDocument(text, format, file)
  return rulesFromValue(value, { file, placeOf })
}
