const PREFIX = 'FORGE_WRITER_'

// These variables select the file and environment; they are not settings.
const CHOOSING = new Set(['FORGE_WRITER_CONFIG', 'FORGE_WRITER_ENV'])

/** Returns the name of the environment variable of a setting: FORGE_WRITER_TABLE_NAME for `tableName`. */
export function variableOf(setting: string): string {
  return PREFIX + setting.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
}

// A value such as `2024` is a name here, not a number.
const TEXTS = new Set(['tableSchema', 'tableName', 'tableNamePattern', 'tableSuffixPattern', 'path', 'storage'])

/**
 * Reads settings from FORGE_WRITER_* variables. Numbers, booleans, lists and objects are parsed as JSON; names and all other values are text. An
 * empty variable counts as not set.
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
