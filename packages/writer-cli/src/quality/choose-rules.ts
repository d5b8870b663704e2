import { relative, resolve } from 'node:path'
import type { Rule } from '@forge/writer-quality'
import { nearestFile } from '../command/nearest-file.ts'
import { text } from '../command/option.ts'
import type { Host } from '../host.ts'

/** File names that are found automatically. Modules are not among them: code runs only if it is named explicitly. */
const NAMES = ['forge-writer.rules.yaml', 'forge-writer.rules.yml', 'forge-writer.rules.json']

export const RULES_OPTION = text(
  'Rule file (.yaml, .json, or a module); default: the nearest forge-writer.rules.{yaml,json}, else the built-in rules',
  { short: 'r', value: 'file' },
)

export interface ChosenRules {
  /** The loaded rules; undefined for the built-in rules. */
  readonly rules: readonly Rule[] | undefined
  /** The file that was read, relative to the working directory. */
  readonly file: string | undefined
}

/** Loads the named rule file, or the nearest one from `cwd` upwards. Throws WriterConfigurationError for an invalid file. */
export async function chooseRules(named: string | undefined, { cwd }: Pick<Host, 'cwd'>): Promise<ChosenRules> {
  const path = named === undefined ? nearestFile(NAMES, cwd) : resolve(cwd, named)
  if (path === undefined) return { rules: undefined, file: undefined }
  const { loadRuleFile } = await import('@forge/writer-quality')
  return { rules: await loadRuleFile(path), file: relative(cwd, path) || path }
}
