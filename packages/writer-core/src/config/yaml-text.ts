/** A problem of a text, and the number of characters before it. */
export interface YamlTextProblem {
  readonly offset: number
  readonly message: string
}

const MAX_CHARACTERS = 256_000
const MAX_TOKENS = 30_000
const MAX_ALIASES = 100
const MAX_DEPTH = 64

// The tokens of the lexer in front of a scalar, a document and the end of a flow: they have no characters.
const SCALAR = '\u001f'
const MARKS = [SCALAR, '\u0002', '\u0018']

/**
 * Finds, in one pass, what would make the parser of YAML slow or deep, and what rule files and config files do not need: tags, directives, several
 * documents. `lex` is the lexer of the parser. The length of the text bounds the indentation.
 */
export function yamlTextProblem(text: string, lex: (text: string) => Iterable<string>): YamlTextProblem | undefined {
  if (text.length > MAX_CHARACTERS) return { offset: 0, message: `longer than ${MAX_CHARACTERS} characters` }
  const refusal = refusals()
  let offset = 0
  for (const token of lex(text)) {
    const message = refusal(token)
    if (message !== undefined) return { offset, message }
    if (!MARKS.includes(token)) offset += token.length
  }
  return undefined
}

/** Returns a function that returns the problem of each token in turn. */
function refusals(): (token: string) => string | undefined {
  let [tokens, aliases, brackets, marksInLine, before] = [0, 0, 0, 0, '']
  return (token) => {
    const previous = before
    if (token.includes('\n')) marksInLine = 0
    if (token.trim() === '' && token !== SCALAR) return undefined
    before = token
    if (++tokens > MAX_TOKENS) return `more than ${MAX_TOKENS} tokens`
    if (previous === SCALAR) return undefined
    if (token.startsWith('!')) return 'tags are not supported'
    if (token.startsWith('%')) return 'directives are not supported'
    if (token === '---' && tokens > 2) return 'one document is expected'
    if (token.startsWith('*') && ++aliases > MAX_ALIASES) return `more than ${MAX_ALIASES} aliases`
    if (token === ',' && [',', '[', '{'].includes(previous)) return 'a comma with nothing before it'
    if (token === '-' || token === '?' || token === ':') marksInLine++
    if (token === '[' || token === '{') brackets++
    if (token === ']' || token === '}') brackets--
    if (brackets < 0) return 'a bracket that was not opened'
    // In one line, each dash opens a list in the one before.
    return brackets + marksInLine > MAX_DEPTH ? `nested more than ${MAX_DEPTH} deep` : undefined
  }
}
