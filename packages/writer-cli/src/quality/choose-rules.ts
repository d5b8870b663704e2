import { dirname, join, relative, resolve } from 'node:path'
import type { Rule } from '@forge/writer-quality'
import { text } from '../command/option.ts'
import type { Host } from '../host.ts'
import { entryAt } from '../storage/entry-at.ts'

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

/** Loads the named rule file, or the nearest one from `cwd` up to the root of the repository. Throws WriterConfigurationError for an invalid file. */
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

/** Returns whether the search ends here. Outside of a repository only the working directory is searched. */
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
