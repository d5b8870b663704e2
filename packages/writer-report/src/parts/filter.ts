/** The parts of a row that filters compare. */
export interface Filtered {
  readonly text: string
  readonly state?: string | undefined
  readonly owner?: string | null | undefined
  readonly tags?: readonly string[] | undefined
}

const MAX_CHARACTERS = 600

/** Returns the text in which the words of a filter are searched: `owner:ana` and `tag:nightly` are words of it. */
export function filterText({ text, owner, tags = [] }: Filtered): string {
  const belonging = `${owner ? ` owner:${owner}` : ''}${tags.map((tag) => ` tag:${tag}`).join('')}`
  return `${text}${belonging}`.slice(0, MAX_CHARACTERS).toLowerCase()
}

/** Returns whether something has all words of a text, in any order and case. */
export function hasWords(row: Filtered, text: string): boolean {
  const searched = filterText(row)
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => searched.includes(word))
}
