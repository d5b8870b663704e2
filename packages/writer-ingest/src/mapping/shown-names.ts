const MAX_NAMES = 10
const MAX_CHARACTERS = 100

/** Returns names for a message: the first ten, each cut at 100 characters, and how many more there are. */
export function shownNames(names: Iterable<string>): string {
  const all = [...names]
  const shown = all
    .slice(0, MAX_NAMES)
    .map((name) => (name.length > MAX_CHARACTERS ? `${name.slice(0, MAX_CHARACTERS)}…` : name))
  const more = all.length - shown.length
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`.toWellFormed()
}
