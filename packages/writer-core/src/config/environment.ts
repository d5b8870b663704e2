const PREFIX = 'FORGE_WRITER_'

// These choose what is read, and are no settings themselves.
const CHOOSING = new Set(['FORGE_WRITER_CONFIG', 'FORGE_WRITER_ENV'])

/** The variable that sets a setting: `tableName` is FORGE_WRITER_TABLE_NAME. */
export function variableOf(setting: string): string {
  return PREFIX + setting.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
}

// A name may look like a number.
const TEXTS = new Set(['tableSchema', 'tableName', 'tableNamePattern', 'tableSuffixPattern', 'path', 'storage'])

/**
 * Settings from FORGE_WRITER_* variables. Numbers, booleans, lists and objects are given as JSON; all else, and every name, is text. A variable that is
 * empty is not set.
 */
export function valuesFromEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const variables = Object.entries(env).filter(([name, text]) => name.startsWith(PREFIX) && !CHOOSING.has(name) && text)
  return Object.fromEntries(
    variables.map(([name, text = '']) => {
      const setting = settingOf(name)
      return [setting, TEXTS.has(setting) ? text : parsedValue(text)]
    }),
  )
}

function settingOf(variable: string): string {
  return variable
    .slice(PREFIX.length)
    .toLowerCase()
    .replaceAll(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase())
}

function parsedValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
