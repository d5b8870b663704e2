const MAX_CHARACTERS = 200

// The order matters: longer and more specific patterns come first, so that a number inside of them is not replaced alone.
const MASKS: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '<id>'],
  [/\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?/g, '<time>'],
  [/\d{4}-\d{2}-\d{2}/g, '<date>'],
  [/\b[a-z][a-z0-9+.-]*:\/\/[^\s'"<>)]+/gi, '<url>'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, '<address>'],
  [/\b0x[0-9a-f]+\b/gi, '<hex>'],
  [/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,}\b/gi, '<hex>'],
  [/(?<![\p{L}\p{N}_])[-+]?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?/giu, '<n>'],
]

/**
 * Returns an error message in which ids, times, addresses and numbers, which differ from run to run, are replaced by marks, so that similar failures
 * look alike.
 */
export function normaliseMessage(message: string): string {
  const [line = ''] = message.trim().split(/[\r\n]/, 1)
  // The text is bounded first: messages may have megabytes.
  let masked = line.slice(0, 4 * MAX_CHARACTERS)
  for (const [pattern, mark] of MASKS) masked = masked.replaceAll(pattern, mark)
  masked = masked.replaceAll(/\s+/g, ' ').trim()
  const characters = [...masked]
  return characters.length > MAX_CHARACTERS ? `${characters.slice(0, MAX_CHARACTERS - 1).join('')}…` : masked
}
