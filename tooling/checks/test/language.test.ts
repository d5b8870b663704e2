import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { BAD_CONSTANT, BAD_DOC_START, BAD_FUNCTION, GLOSSARY } from '../src/glossary.ts'
import { markdownProse, type Prose, proseOf } from '../src/prose.ts'
import { filesUnder, root, workspacePackages } from '../src/workspace.ts'

/** Names the words that are replaced. */
const SELF = 'tooling/checks/src/glossary.ts'

const folders = [...workspacePackages().map(({ folder }) => folder), 'docs', 'tooling/interop']

describe.each(folders)('%s', (folder) => {
  const files = filesUnder(folder).filter((file) => file !== SELF && !file.includes('/data/'))

  test('speaks plain English', () => {
    expect(files.flatMap(glossaryProblems)).toEqual([])
  })

  test('begins doc comments with a verb or a noun', () => {
    expect(files.filter(isCode).flatMap(docProblems)).toEqual([])
  })

  test('names constants MAX and MIN, and functions by verbs', () => {
    expect(files.filter(isCode).flatMap(nameProblems)).toEqual([])
  })
})

function glossaryProblems(file: string): string[] {
  return prosesIn(file).flatMap(({ line, text }) =>
    GLOSSARY.filter(({ pattern }) => pattern.test(text)).map(
      ({ pattern, instead }) => `${file}:${line}: "${text.match(pattern)?.[0]}": ${instead}: ${text.slice(0, 100)}`,
    ),
  )
}

function docProblems(file: string): string[] {
  return prosesIn(file)
    .filter(({ kind, text }) => kind === 'doc comment' && BAD_DOC_START.test(text))
    .map(({ line, text }) => `${file}:${line}: ${text.slice(0, 60)}`)
}

function nameProblems(file: string): string[] {
  return read(file)
    .split('\n')
    .flatMap((text, index) =>
      BAD_CONSTANT.test(text) || BAD_FUNCTION.test(text) ? [`${file}:${index + 1}: ${text.trim()}`] : [],
    )
}

function prosesIn(file: string): Prose[] {
  if (file.endsWith('.md')) return markdownProse(read(file))
  return isCode(file) ? proseOf(read(file)) : []
}

function isCode(file: string): boolean {
  return /\.(ts|mjs)$/.test(file)
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}
