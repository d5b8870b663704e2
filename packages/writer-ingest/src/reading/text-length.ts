/** Returns the length of all texts in a value that JSON can hold, its names included; other values count as eight characters. */
export function textLength(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + textLength(each), 0)
  if (typeof value !== 'object' || value === null) return 8
  let length = 0
  for (const [name, each] of Object.entries(value)) length += name.length + textLength(each)
  return length
}
