import { NAME } from '../version.ts'

const COMMANDS: Readonly<Record<string, string>> = {
  'repair()': 'doctor --repair',
  'doctor()': 'doctor',
  'migrate()': 'maintain --migrate',
  'optimize()': 'optimize',
}

/** Settings that suggestions name. In code they are properties; here they are lines of the config file, or variables. */
const SETTINGS =
  /\b(?:lockTimeoutMs|memoryFraction|autoOptimizeSchema|enableSchemaEvolution|partitionColumns|maxFileSizeMb|tableNamePattern|tableSuffixPattern|tableSchema|tableName)\b/g

/** Options of functions that have another name here. */
const OPTIONS: readonly (readonly [RegExp, string])[] = [
  [/set `overwrite`/g, 'add --overwrite'],
  [/Use memoryStorage\(\) of @forge\/writer-core for tables in memory\./g, 'Pass a file with --path.'],
  [/Set a limit or filters, or export csv or parquet\./g, 'Add --limit or filters, or export csv or parquet.'],
]

/** Replaces what a suggestion names for code by what the command line has for it: functions by commands, options by flags, settings by variables. */
export function asCommand(suggestion: string): string {
  const called = suggestion.replaceAll(
    /\b(?:repair|doctor|migrate|optimize)\(\)/g,
    (call) => `\`${NAME} ${COMMANDS[call]}\``,
  )
  const flagged = OPTIONS.reduce((text, [option, words]) => text.replaceAll(option, words), called)
  return flagged.replaceAll(SETTINGS, (setting) => `${setting} (in the config file, or ${variableOf(setting)})`)
}

function variableOf(setting: string): string {
  return `FORGE_WRITER_${setting.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}
