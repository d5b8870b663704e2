const MAX_NAMES = 3
/** The length up to which names are compared. */
const MAX_CHARACTERS = 100

/** Returns the known names that are most similar to `given`, the nearest first, at most 3. The list is empty if no name is similar. */
export function nearestNames(given: string, known: Iterable<string>): string[] {
  const wanted = plain(given)
  const near: { readonly name: string; readonly distance: number }[] = []
  for (const name of new Set(known)) {
    const other = plain(name)
    const isPart = Math.min(wanted.length, other.length) > 2 && (other.includes(wanted) || wanted.includes(other))
    const distance = isPart ? 0.5 : editDistance(wanted, other)
    if (distance <= Math.max(1, Math.floor(Math.max(wanted.length, other.length) * 0.4))) near.push({ name, distance })
  }
  return near
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, MAX_NAMES)
    .map(({ name }) => name)
}

/** Returns ` (did you mean x?)` with the known name that is most similar to `given`; empty if none is similar. */
export function nearestHint(given: string, known: readonly string[]): string {
  const letters = (name: string) => name.replaceAll(/[^a-z]/gi, '').toLowerCase()
  const match = known.find((name) => letters(name) === letters(given)) ?? nearestNames(given, known)[0]
  return match ? ` (did you mean ${match}?)` : ''
}

function plain(name: string): string {
  return name
    .slice(0, MAX_CHARACTERS)
    .toLowerCase()
    .replaceAll(/[\s._-]+/g, '_')
}

/** Returns the number of insertions, deletions, replacements and swaps of neighbours between two texts. */
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_none, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swapped = isSwap ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY
      row.push(Math.min(replaced, swapped, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    before = last
    last = row
  }
  return last[b.length] ?? 0
}
