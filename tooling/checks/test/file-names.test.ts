import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { filesUnder } from '../src/workspace.ts'

const FORBIDDEN = new Set([
  'utils',
  'util',
  'helpers',
  'helper',
  'types',
  'constants',
  'common',
  'manager',
  'service',
  'misc',
])

const files = ['packages', 'apps', 'tooling'].flatMap(filesUnder)

test('no file or folder has a name that says nothing', () => {
  const names = (path: string) => path.split('/').map((part) => part.replace(/\..*$/, ''))
  expect(files.filter((path) => names(path).some((name) => FORBIDDEN.has(name)))).toEqual([])
})

test('sources have names in kebab-case', () => {
  const sources = files.filter((path) => /\.(ts|tsx|mjs)$/.test(path))
  const known = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.(ts|tsx|mjs)$/
  expect(sources.filter((path) => !known.test(basename(path)))).toEqual([])
})
