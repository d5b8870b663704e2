import { NAME } from '../version.ts'

const COMMANDS: Readonly<Record<string, string>> = {
  'repair()': 'doctor --repair',
  'doctor()': 'doctor',
  'migrate()': 'maintain --migrate',
  'optimize()': 'optimize',
}

/** A suggestion with the commands that stand for the functions it names. */
export function asCommand(suggestion: string): string {
  return suggestion.replaceAll(/\b(?:repair|doctor|migrate|optimize)\(\)/g, (call) => `\`${NAME} ${COMMANDS[call]}\``)
}
