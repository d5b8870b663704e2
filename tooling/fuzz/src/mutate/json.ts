import type { Random } from '@forge/fixtures'
import { WORDS } from './words.ts'

const DEPTHS = [10, 500, 6000]

/** Values of every type, as places of a document that expect another one may hold them. */
const VALUES: readonly ((random: Random) => string)[] = [
  () => 'null',
  () => 'true',
  () => '{}',
  () => '[]',
  () => '""',
  () => '[null]',
  () => '{"":{"":null}}',
  (random) => JSON.stringify(random.pick(WORDS)),
  (random) => random.pick(['0', '-1', '1.5', '1e300', '-0', '9007199254740993', '36893488147419103232', '1e400']),
  (random) => {
    const depth = random.pick(DEPTHS)
    return random.chance(0.5) ? '['.repeat(depth) + ']'.repeat(depth) : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
  },
]

/** Returns JSON with some of its values replaced, removed or doubled; undefined if the text is not JSON. */
export function mutateJson(text: string, random: Random): string | undefined {
  const places = placesOf(text)
  if (places === undefined || places.length === 0) return undefined
  let changed = text
  const chosen = Array.from({ length: 1 + random.below(3) }, () => random.pick(places))
  let end = text.length
  // From the end on, so that the earlier places do not move; what holds a changed place stays.
  for (const [from, to] of chosen.toSorted((a, b) => b[0] - a[0])) {
    if (to > end) continue
    end = from
    const [otherFrom, otherTo] = random.pick(places)
    const value = random.chance(0.2) ? text.slice(otherFrom, otherTo) : random.pick(VALUES)(random)
    // Now and then a key is not text, which readers must refuse.
    const isKey = /^\s*:/.test(text.slice(to, to + 10)) && random.chance(0.9)
    changed =
      changed.slice(0, from) + (isKey && !value.startsWith('"') ? JSON.stringify(value) : value) + changed.slice(to)
  }
  return changed
}

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]/gy
const BLANKS = /\s*/y

/** Returns the beginning and end of each value in the text, and of each key; undefined if it is not JSON. */
function placesOf(text: string): readonly (readonly [number, number])[] | undefined {
  try {
    JSON.parse(text)
  } catch {
    return undefined
  }
  const places: [number, number][] = []
  const open: number[] = []
  for (let at = 0; at < text.length; ) {
    BLANKS.lastIndex = at
    BLANKS.exec(text)
    TOKEN.lastIndex = BLANKS.lastIndex
    const token = TOKEN.exec(text)?.[0]
    if (token === undefined) break
    const start = TOKEN.lastIndex - token.length
    at = TOKEN.lastIndex
    if (token === '{' || token === '[') open.push(start)
    else if (token === '}' || token === ']') places.push([open.pop() ?? start, at])
    else if (token !== ',' && token !== ':') places.push([start, at])
  }
  return places
}
