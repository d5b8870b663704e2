import { open } from 'node:fs/promises'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { WriterConfigurationError, WriterUnsupportedError } from '@forge/writer-core'
import type { Rule } from '../rule.ts'
import { parseRuleFile } from './parse-rule-file.ts'
import { ruleFileError } from './problem.ts'
import { rulesFromValue } from './rules-from-value.ts'

const MAX_BYTES = 1_000_000
const MODULES = ['.js', '.mjs', '.ts', '.mts']

/**
 * Loads the rules of a file: YAML or JSON (see {@link parseRuleFile}), or a module whose default export is a list of rules made by the factories, or
 * of objects as in YAML. A module runs with all rights of the process: only name one that you would run. Throws WriterConfigurationError, whose
 * `context.problems` lists every problem with its place, and WriterUnsupportedError for TypeScript if Node does not run it (before 22.18).
 */
export async function loadRuleFile(path: string): Promise<readonly Rule[]> {
  const file = resolve(path)
  const extension = extname(file).toLowerCase()
  if (MODULES.includes(extension))
    return rulesFromValue(await moduleValue(file, path), { file: path, takesRules: true })
  if (extension === '.json') return parseRuleFile(await readText(file, path), 'json', { file: path })
  if (extension === '.yaml' || extension === '.yml') {
    return parseRuleFile(await readText(file, path), 'yaml', { file: path })
  }
  throw new WriterConfigurationError(`${path}: unsupported rule file extension`, {
    context: { file: path },
    suggestions: [`Name it .yaml, .yml, .json or ${MODULES.join(', ')}.`],
  })
}

async function readText(file: string, path: string): Promise<string> {
  try {
    await using handle = await open(file)
    const { size } = await handle.stat()
    if (size > MAX_BYTES) throw ruleFileError(path, [{ path: '', message: `larger than ${MAX_BYTES} bytes` }])
    return await handle.readFile('utf8')
  } catch (cause) {
    if (!isSystemError(cause)) throw cause
    throw new WriterConfigurationError(`${path}: the rule file cannot be read (${cause.code})`, {
      context: { file: path },
      suggestions: ['Check the path; `forge-writer suggest -o rules.yaml` writes a rule file.'],
      cause,
    })
  }
}

async function moduleValue(file: string, path: string): Promise<unknown> {
  if (/ts$/i.test(file) && !runsTypeScript()) {
    throw new WriterUnsupportedError(`${path}: Node ${process.versions.node} does not run TypeScript`, {
      context: { file: path },
      suggestions: ['Use Node 22.18 or later, or write the rules as .mjs, .yaml or .json.'],
    })
  }
  try {
    const module: Record<string, unknown> = await import(pathToFileURL(file).href)
    return module.default ?? module.rules
  } catch (cause) {
    throw new WriterConfigurationError(`${path}: the module of rules cannot be loaded`, {
      context: { file: path, reason: cause instanceof Error ? cause.message.slice(0, 300) : String(cause) },
      suggestions: ['Run it with node to see what is wrong.'],
      cause,
    })
  }
}

function runsTypeScript(): boolean {
  const { typescript } = process.features as { readonly typescript?: string | false | undefined }
  return Boolean(typescript)
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error
}
