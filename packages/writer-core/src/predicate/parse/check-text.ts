import { problem } from './problem.ts'

const MAX_CHARACTERS = 100_000
const MAX_TOKENS = 2_500
const MAX_DEPTH = 50

// A doubled quote inside quotes ends one token and starts the next.
const TOKEN =
  /'[^']*'|"[^"]*"|(?<number>\d+(?:\.\d*)?|\.\d+)|(?<word>[\p{L}_][\p{L}\p{N}_$]*)|(?<comment>--|\/\*)|[([]|[)\]]|(?<sign>[-+*/%<>=!~|&^#@:.,])|(?<odd>\S)/gu

/**
 * Rejects, in one pass, text that must not reach the parser: text that is too long or too deeply nested, comments, several statements, strings with
 * escapes. Throws WriterConfigurationError.
 */
export function checkText(text: string): void {
  if (text.length > MAX_CHARACTERS) throw problem(`longer than ${MAX_CHARACTERS} characters`, undefined)
  if (text.includes('\0')) throw problem('a NUL character', text.indexOf('\0'))
  if (text.trim() === '') throw problem('the text is empty', undefined)
  let [tokens, depth, before] = [0, 0, '']
  for (const { 0: token, index, groups = {} } of text.matchAll(TOKEN)) {
    if (++tokens > MAX_TOKENS) throw problem(`more than ${MAX_TOKENS} tokens`, index)
    depth += nesting(token)
    if (depth > MAX_DEPTH) throw problem(`nested more than ${MAX_DEPTH} levels deep`, index)
    const refused = refusal(token, groups, text[index - 1] === before.at(-1) ? before : '')
    if (refused) throw problem(refused, index)
    before = token
  }
}

/** Returns what is wrong with a token. `glued` is the token directly before it, without a space between. */
function refusal(
  token: string,
  { comment, odd, word }: Readonly<Record<string, string | undefined>>,
  glued: string,
): string | undefined {
  if (comment !== undefined) return 'comments are not supported'
  if (token === ';') return 'exactly exactly one condition is expected, without a semicolon'
  if (token === '$' || token === '?') return 'parameters are not supported'
  if (token === "'" || token === '"') return 'a quote that is not closed'
  if (odd !== undefined) return 'a character that has no meaning here'
  if (token.startsWith("'") && /^[ebnx]$/i.test(glued)) return 'strings with a prefix are not supported'
  return word !== undefined && /^[\d.]*\d[\d.]*$/.test(glued)
    ? 'numbers are written with digits and a point only'
    : undefined
}

/** Returns the change of nesting depth: words that nest count like parentheses. */
function nesting(token: string): number {
  switch (token.toLowerCase()) {
    case '(':
    case '[':
    case 'case':
      return 1
    case ')':
    case ']':
    case 'end':
      return -1
    default:
      return 0
  }
}
