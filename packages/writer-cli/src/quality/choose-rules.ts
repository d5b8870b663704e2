import { dirname, join, relative, resolve } from 'node:path'
import type { Rule } from '@forge/writer-quality'
import { text } from '../command/option.ts'
import type { Host } from '../host.ts'
import { entryAt } from '../storage/entry-at.ts'

/** Modules are not among them: code runs only where it is named. */
const NAMES = ['forge-writer.rules.yaml', 'forge-writer.rules.yml', 'forge-writer.rules.json']

export const RULES_OPTION = text(
  'Rule file (.yaml, .json, or a module); default: the nearest forge-writer.rules.{yaml,json}, else the rules of the log itself',
  { short: 'r', value: 'file' },
)

export interface ChosenRules {
  /** Undefined: those of the log itself. */
  readonly rules: readonly Rule[] | undefined
  /** The file that was read, as it is told. */
  readonly file: string | undefined
}

/** Loads the rule file that is named, else the nearest from here up to the root of the repository. Throws WriterConfigurationError for a wrong one. */
export async function chooseRules(named: string | undefined, { cwd }: Pick<Host, 'cwd'>): Promise<ChosenRules> {
  const path = named === undefined ? nearest(cwd) : resolve(cwd, named)
  if (path === undefined) return { rules: undefined, file: undefined }
  const { loadRuleFile } = await import('@forge/writer-quality')
  return { rules: await loadRuleFile(path), file: relative(cwd, path) || path }
}

function nearest(cwd: string): string | undefined {
  for (let directory = cwd; ; directory = dirname(directory)) {
    const found = NAMES.map((name) => join(directory, name)).find(entryAt)
    if (found !== undefined || isRoot(directory, cwd)) return found
  }
}

/** Outside of a repository only the working directory itself is looked at. */
function isRoot(directory: string, cwd: string): boolean {
  return hasGit(directory) || dirname(directory) === directory || !isInRepository(cwd)
}

function isInRepository(directory: string): boolean {
  if (hasGit(directory)) return true
  return dirname(directory) !== directory && isInRepository(dirname(directory))
}

function hasGit(directory: string): boolean {
  return entryAt(join(directory, '.git')) !== undefined
}
