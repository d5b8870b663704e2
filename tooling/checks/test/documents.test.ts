import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { writerConfig } from '@forge/writer-core'
import { expect, test } from 'vitest'
import { filesUnder, root } from '../src/workspace.ts'

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

test('the README lists every setting', () => {
  const settings = Object.keys(writerConfig({ tableSchema: 'analytics', tableName: 'pipeline_logs' }))
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const rows = readme.split('\n').filter((line) => line.startsWith('| `'))
  const missing = [...settings, ...WITHOUT_DEFAULT].filter((name) => !rows.some((row) => row.includes(`\`${name}\``)))
  expect(missing).toEqual([])
})

test('no document names a path of one machine or a host of packages', () => {
  const found = documents.filter((path) =>
    /\/(?:work|home|root|Users)\/|registry\.npm/.test(readFileSync(join(root, path), 'utf8')),
  )
  expect(found).toEqual([])
})
