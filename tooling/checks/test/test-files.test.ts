import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { filesUnder, root } from '../src/workspace.ts'

const files = ['packages', 'apps', 'tooling'].flatMap(filesUnder).filter((path) => path.endsWith('.test.ts'))
const CONDITION = /\b(?:describe|test)\.(?:skipIf|runIf)\(/g

/** Returns the names of the tests of a file that are skipped on some machines. */
function skippedNames(text: string): string[] {
  return [...text.matchAll(CONDITION)].map(({ index, 0: start }) => {
    const after = text.slice(closingParenthesis(text, index + start.length))
    return /\(\s*(['"`])(.*?)\1,/s.exec(after)?.[2] ?? after.slice(0, 100)
  })
}

function closingParenthesis(text: string, from: number): number {
  let open = 1
  let at = from
  while (open > 0 && at < text.length) {
    if (text[at] === '(') open++
    if (text[at] === ')') open--
    at++
  }
  return at
}

test.each(files)('the tests of %s that may be skipped say why', (path) => {
  const text = readFileSync(join(root, path), 'utf8')
  expect(skippedNames(text).filter((name) => !/skipped|needs|\$\{reason\}/.test(name))).toEqual([])
  expect(text.match(/\bskip\(\s*\)|\b(?:describe|test|it)\.(?:skip|todo)\(/g) ?? []).toEqual([])
})

test.each(files)('%s takes its folders from newFolder of core, which removes them', (path) => {
  expect(readFileSync(join(root, path), 'utf8')).not.toMatch(/\bmkdtemp(Sync)?\(/)
})
