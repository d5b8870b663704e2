/** Returns the fields of a struct by the engine's name of its type, each with the name of its own type; undefined if the type is not a struct. */
export function structFields(type: string): ReadonlyMap<string, string> | undefined {
  if (!type.startsWith('STRUCT(') || !type.endsWith(')')) return undefined
  const fields = new Map<string, string>()
  for (const field of splitFields(type.slice('STRUCT('.length, -1))) {
    const parts = /^(?:"((?:[^"]|"")*)"|([^\s"]+)) (.+)$/s.exec(field.trim())
    const name = parts?.[1]?.replaceAll('""', '"') ?? parts?.[2]
    const fieldType = parts?.[3]
    if (name === undefined || fieldType === undefined) return undefined
    fields.set(name, fieldType)
  }
  return fields
}

/** Divides the text at the commas that are neither in parentheses nor in quotes. */
function splitFields(text: string): string[] {
  const fields: string[] = []
  let depth = 0
  let isQuoted = false
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    // A doubled quote ends the quotes and opens them again.
    if (character === '"') isQuoted = !isQuoted
    else if (isQuoted) continue
    else if (character === '(') depth++
    else if (character === ')') depth--
    else if (character === ',' && depth === 0) {
      fields.push(text.slice(start, at))
      start = at + 1
    }
  }
  fields.push(text.slice(start))
  return fields
}
