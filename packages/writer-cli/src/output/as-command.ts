import { NAME } from '../version.ts'

const COMMANDS: Readonly<Record<string, string>> = {
  'repair()': 'doctor --repair',
  'doctor()': 'doctor',
  'migrate()': 'maintain --migrate',
  'optimize()': 'optimize',
}

/** Replaces the functions that a suggestion names by the commands that call them. */
export function asCommand(suggestion: string): string {
  return suggestion.replaceAll(/\b(?:repair|doctor|migrate|optimize)\(\)/g, (call) => `\`${NAME} ${COMMANDS[call]}\``)
}
