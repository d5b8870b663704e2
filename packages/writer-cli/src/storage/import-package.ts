import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type StorageOpener, WriterConfigurationError } from '@forge/writer-core'

/** Imports a package that opens storages, as a module in the folder would. Throws WriterConfigurationError if it is not installed. */
export async function importPackage(name: string, folder: string): Promise<StorageOpener> {
  const path = findPackage(name, folder)
  if (path === undefined) {
    throw refusal(name, `is not installed in ${folder} or above`, [`Install it: npm install ${name}`])
  }
  const loaded = (await import(pathToFileURL(path).href)) as Partial<StorageOpener>
  const { storageAt } = loaded
  if (typeof storageAt === 'function') return { storageAt }
  throw refusal(name, 'exports no function storageAt', ['Pass a package that opens storages.'])
}

function refusal(name: string, problem: string, suggestions: readonly string[]): WriterConfigurationError {
  return new WriterConfigurationError(`the package ${name} ${problem}`, {
    context: { problems: [{ setting: 'storage', problem }], packageName: name },
    suggestions,
    committed: 'no',
  })
}

/** Returns the path of the module that a package exports; undefined if it is not installed. */
function findPackage(name: string, folder: string): string | undefined {
  const folders = createRequire(join(folder, 'module.js')).resolve.paths(name) ?? []
  for (const each of folders) {
    const file = join(each, name, 'package.json')
    if (!existsSync(file)) continue
    const { exports, main = 'index.js' } = JSON.parse(readFileSync(file, 'utf8')) as Manifest
    return join(each, name, entryOf(exports) ?? main)
  }
  return undefined
}

interface Manifest {
  readonly exports?: unknown
  readonly main?: string | undefined
}

const CONDITIONS = ['.', 'node', 'import', 'module-sync', 'default']

/** Returns the file that `exports` names for an import of the package itself. */
function entryOf(target: unknown): string | undefined {
  if (typeof target === 'string') return target
  if (Array.isArray(target)) return entryOf(target[0])
  if (typeof target !== 'object' || target === null) return undefined
  for (const [condition, inner] of Object.entries(target)) {
    const entry = CONDITIONS.includes(condition) ? entryOf(inner) : undefined
    if (entry !== undefined) return entry
  }
  return undefined
}
