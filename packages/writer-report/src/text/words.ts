/** Returns a stored word such as `upstream_failed` in plain words. */
export function wordsOf(name: string): string {
  return name.replaceAll('_', ' ').trim()
}

/** Returns a stored name such as `exit_code` as a label. */
export function labelOf(name: string): string {
  const words = wordsOf(name)
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`
}
