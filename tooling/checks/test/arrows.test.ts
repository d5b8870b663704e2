import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { specifiersIn } from '../src/imports.ts'
import { type WorkspacePackage, workspacePackages } from '../src/workspace.ts'

/** What each package may import of ours. A package that is not listed must not exist. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  '@forge/writer-core': [],
  '@forge/writer-quality': ['@forge/writer-core'],
  '@forge/writer-anomaly': ['@forge/writer-core'],
  '@forge/writer-alerts': ['@forge/writer-core'],
  '@forge/writer-analytics': ['@forge/writer-core'],
  '@forge/writer-ingest': ['@forge/writer-core'],
  '@forge/writer-record': ['@forge/writer-core'],
  '@forge/writer-otel': ['@forge/writer-core'],
  '@forge/writer-storage-duckdb': ['@forge/writer-core'],
  '@forge/writer-storage-delta': ['@forge/writer-core', '@forge/writer-storage-duckdb'],
  '@forge/writer-storage-postgres': ['@forge/writer-core'],
  '@forge/writer-storage-spark': ['@forge/writer-core'],
  '@forge/writer-store-s3': ['@forge/writer-core', '@forge/writer-storage-delta'],
  '@forge/writer-report': [
    '@forge/writer-core',
    '@forge/writer-analytics',
    '@forge/writer-anomaly',
    '@forge/writer-quality',
  ],
  '@forge/writer-server': [
    '@forge/writer-core',
    '@forge/writer-analytics',
    '@forge/writer-anomaly',
    '@forge/writer-report',
  ],
  '@forge/writer': [
    '@forge/writer-core',
    '@forge/writer-alerts',
    '@forge/writer-quality',
    '@forge/writer-anomaly',
    '@forge/writer-analytics',
    '@forge/writer-storage-duckdb',
    '@forge/writer-storage-delta',
    '@forge/writer-storage-postgres',
    '@forge/writer-storage-spark',
    '@forge/writer-store-s3',
  ],
  '@forge/writer-cli': [
    '@forge/writer-core',
    '@forge/writer-alerts',
    '@forge/writer-quality',
    '@forge/writer-anomaly',
    '@forge/writer-analytics',
    '@forge/writer-ingest',
    '@forge/writer-report',
    '@forge/writer-record',
    '@forge/writer-server',
    '@forge/writer-storage-duckdb',
    '@forge/writer-storage-delta',
    '@forge/writer-storage-postgres',
    '@forge/writer-storage-spark',
    '@forge/writer-store-s3',
  ],
}
/** The libraries that core has: rows are checked, retries, rules parsed and matched. */
const CORE_LIBRARIES = ['zod', 'p-retry', 'pgsql-ast-parser', 're2js', 'vitest', 'yaml']

const packages = workspacePackages().filter(({ folder }) => folder.startsWith('packages/'))

test('every package has its arrows written down', () => {
  expect(packages.map(({ name }) => name).filter((name) => !(name in ARROWS))).toEqual([])
})

test('core depends on few libraries and on none of ours', () => {
  const core = packages.find(({ name }) => name === '@forge/writer-core')
  expect(core?.dependencies.filter((name) => !CORE_LIBRARIES.includes(name))).toEqual([])
})

describe.each(packages.map((one) => [one.name, one] as const))('%s', (_, one) => {
  test('depends only on what its arrows allow', () => {
    expect(ours(one.dependencies).filter((name) => !allowedFor(one).includes(name))).toEqual([])
  })

  test('imports in src only what its arrows allow and what it depends on', () => {
    const imports = importsIn(`${one.folder}/src`)
    expect(ours(imports).filter((name) => !allowedFor(one).includes(name) || !one.dependencies.includes(name))).toEqual(
      [],
    )
  })

  test('imports no file of another package by path', () => {
    const outside = specifiersIn(one.folder)
      .filter(({ specifier }) => specifier.startsWith('.'))
      .filter(({ file, specifier }) => !join(file, '..', specifier).startsWith(`${one.folder}/`))
    expect(outside).toEqual([])
  })
})

test('every import of ours names a package of the workspace', () => {
  const names = new Set(workspacePackages().map(({ name }) => name))
  const unknown = workspacePackages().flatMap(({ folder }) =>
    ours(importsIn(folder)).filter((name) => !names.has(name)),
  )
  expect(unknown).toEqual([])
})

function allowedFor({ name }: WorkspacePackage): readonly string[] {
  return ARROWS[name] ?? []
}

function ours(names: readonly string[]): string[] {
  return names.filter((name) => name.startsWith('@forge/'))
}

/** Names of the packages that the sources in a folder import, each once. */
function importsIn(folder: string): string[] {
  const names = specifiersIn(folder)
    .map(({ specifier }) => specifier)
    .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
    .map((specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'))
  return [...new Set(names)]
}
