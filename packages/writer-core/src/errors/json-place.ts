/** A token of JSON: a sign, a string, a number or a word, after any blanks. */
const TOKEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON strings must not contain them
  /[ \t\n\r]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))/y
const BLANKS = /[ \t\n\r]*/y

type Expected = 'value' | 'valueOrEnd' | 'key' | 'keyOrEnd' | 'colon' | 'commaOrEnd' | 'nothing'

/**
 * Returns the number of characters before the place at which a text stops being JSON; undefined if it is JSON. Messages of `JSON.parse` either quote the
 * text around the place, which can contain secrets, or do not name the place.
 */
export function jsonErrorOffset(text: string): number | undefined {
  const open: ('{' | '[')[] = []
  let expected: Expected = 'value'
  let at = 0
  for (;;) {
    TOKEN.lastIndex = at
    const token = TOKEN.exec(text)
    if (!token) break
    const [, sign, string] = token
    const next = nextExpected(expected, sign ?? (string === undefined ? 'word' : 'string'), open)
    if (next === undefined) break
    expected = next
    at = TOKEN.lastIndex
  }
  BLANKS.lastIndex = at
  BLANKS.exec(text)
  return BLANKS.lastIndex === text.length && expected === 'nothing' ? undefined : BLANKS.lastIndex
}

/** Returns what must follow the token; undefined if it must not stand here. */
function nextExpected(expected: Expected, token: string, open: ('{' | '[')[]): Expected | undefined {
  const end = () => (open.length === 0 ? 'nothing' : 'commaOrEnd')
  const close = (bracket: '{' | '[') => {
    if (open.pop() !== bracket) return undefined
    return end()
  }
  switch (expected) {
    case 'value':
    case 'valueOrEnd':
      if (token === '{' || token === '[') {
        open.push(token)
        return token === '{' ? 'keyOrEnd' : 'valueOrEnd'
      }
      if (token === 'string' || token === 'word') return end()
      return token === ']' && expected === 'valueOrEnd' ? close('[') : undefined
    case 'key':
    case 'keyOrEnd':
      if (token === 'string') return 'colon'
      return token === '}' && expected === 'keyOrEnd' ? close('{') : undefined
    case 'colon':
      return token === ':' ? 'value' : undefined
    case 'commaOrEnd':
      if (token === ',') return open.at(-1) === '{' ? 'key' : 'value'
      if (token === '}') return close('{')
      return token === ']' ? close('[') : undefined
    case 'nothing':
      return undefined
  }
}
