import { RE2JS } from 're2js'
import { WriterConfigurationError } from '../errors/kinds.ts'
import { lowerText } from './letter-case.ts'

/** Compiles a LIKE pattern, which must match the whole text. Throws WriterConfigurationError for a pattern that ends in an escape. */
export function likePattern(pattern: string, ignoreCase = false): (text: string) => boolean {
  const expression = RE2JS.compile(`^(?:${likeSource(ignoreCase ? lowerText(pattern) : pattern)})$`, RE2JS.DOTALL)
  return (text) => expression.matcher(ignoreCase ? lowerText(text) : text).matches()
}

function likeSource(pattern: string): string {
  let source = ''
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] ?? ''
    if (character === '%') source += '.*'
    else if (character === '_') source += '.'
    else if (character !== '\\') source += RE2JS.quote(character)
    else if (++at < pattern.length) source += RE2JS.quote(pattern[at] ?? '')
    else
      throw new WriterConfigurationError('a like pattern must not end with the escape character', { committed: 'no' })
  }
  return source
}

/** Compiles a regular expression, which may match anywhere in a text. Throws WriterConfigurationError if it is not valid in RE2. */
export function regularExpression(pattern: string): (text: string) => boolean {
  const expression = compileRegex(pattern)
  return (text) => expression.matcher(text).find()
}

function compileRegex(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern)
  } catch (cause) {
    throw new WriterConfigurationError(`not a valid RE2 regular expression: ${pattern.slice(0, 100)}`, {
      committed: 'no',
      cause,
      suggestions: ['RE2 has no look-around and no back-references: matching takes linear time.'],
    })
  }
}
