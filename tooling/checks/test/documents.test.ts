import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { writerConfig } from '@forge/writer-core'
import { expect, test } from 'vitest'
import { filesUnder, root, workspacePackages } from '../src/workspace.ts'

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...['docs', 'packages', 'apps', 'tooling'].flatMap(filesUnder),
].filter((path) => path.endsWith('.md'))
/** Settings without a default are not among the keys of a minimal configuration. */
const WITHOUT_DEFAULT = [
  'tableNamePattern',
  'tableSuffixPattern',
  'minValidationRate',
  'maxInvalidRowsPercent',
  'retention',
  'alerts',
  'serviceLevels',
]

test('every link to a file leads somewhere', () => {
  const broken = documents.flatMap((path) =>
    [...readFileSync(join(root, path), 'utf8').matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !existsSync(join(root, dirname(path), target)))
      .map((target) => `${path}: ${target}`),
  )
  expect(broken).toEqual([])
})

test('links of the README of a package work on the page of a registry, which knows no neighbours', () => {
  const readmes = documents.filter((path) => /^packages\/[^/]+\/README\.md$/.test(path))
  const relative = readmes.flatMap((path) =>
    [...textOf(path).matchAll(/\]\((?!https?:|#|mailto:)([^)\s]+)/g)].map(([, target = '']) => `${path}: ${target}`),
  )
  expect(relative).toEqual([])
})

test('the README lists every setting', () => {
  const settings = Object.keys(writerConfig({ tableSchema: 'analytics', tableName: 'pipeline_logs' }))
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const rows = readme.split('\n').filter((line) => line.startsWith('| `'))
  const missing = [...settings, ...WITHOUT_DEFAULT].filter((name) => !rows.some((row) => row.includes(`\`${name}\``)))
  expect(missing).toEqual([])
})

test('the README and the changeset of the first release name every package', () => {
  const packages = workspacePackages().filter(({ folder }) => folder.startsWith('packages/'))
  const missingIn = (path: string) =>
    packages.filter(({ name }) => !textOf(path).includes(`${name}\``)).map(({ name }) => name)
  expect(missingIn('README.md')).toEqual([])
  expect(packages.filter(({ name }) => !textOf('.changeset/first-release.md').includes(`'${name}': `))).toEqual([])
})

test('the README of the command line lists every command', () => {
  const registry = textOf('packages/writer-cli/src/commands/registry.ts')
  const commands = [...registry.matchAll(/\bcommand\(\s*'([^']+)'/g)].map(([, name = '']) => name)
  const readme = textOf('packages/writer-cli/README.md')
  expect(commands.length).toBeGreaterThan(20)
  expect(commands.filter((name) => !new RegExp(`\`${name}[\`\\s]`).test(readme))).toEqual([])
})

test('the README of ingest lists every format, and the other READMEs name each tool', () => {
  const folder = 'packages/writer-ingest/src'
  const formats = filesUnder(folder).flatMap((path) =>
    [...textOf(path).matchAll(/^ {2}format: '([^']+)'/gm)].map(([, name = '']) => name),
  )
  expect(formats.length).toBeGreaterThan(5)
  const listed = textOf('packages/writer-ingest/README.md')
    .split('\n')
    .map((line) => line.split('|')[1] ?? '')
  expect(formats.filter((name) => !listed.some((cell) => cell.includes(`\`${name}\``)))).toEqual([])
  const tools = formats.map((name) => name.split('-')[0] ?? '').filter((name) => name !== 'json')
  const others = ['README.md', 'packages/writer-cli/README.md', 'packages/writer-ingest/package.json']
  const missing = others.flatMap((path) =>
    tools.filter((tool) => !textOf(path).toLowerCase().includes(tool)).map((tool) => `${path}: ${tool}`),
  )
  expect(missing).toEqual([])
})

test('no document names a path of one machine or a host of packages', () => {
  const found = documents.filter((path) =>
    /\/(?:work|home|root|Users)\/|registry\.npm/.test(readFileSync(join(root, path), 'utf8')),
  )
  expect(found).toEqual([])
})

function textOf(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}
