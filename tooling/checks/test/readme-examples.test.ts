import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readmeExamples } from '../src/readme-examples.ts'

/** Inside this package, so that the names of the others resolve; ignored by git. */
const scratch = join(import.meta.dirname, '../dist/readme')
const home = process.cwd()
let directory = ''

beforeAll(async () => {
  await mkdir(scratch, { recursive: true })
  directory = await mkdtemp(join(tmpdir(), 'forge-readme-'))
})
afterAll(async () => {
  process.chdir(home)
  await rm(scratch, { recursive: true, force: true })
  await rm(directory, { recursive: true, force: true })
})

const examples = readmeExamples()

test('the README of the root has an example', () => {
  expect(examples.map(({ name }) => name)).toContain('README.md, example 1')
})

test.each(examples.map(({ name, code }) => [name, code] as const))('%s runs', async (name, code) => {
  const fileName = name.replaceAll(/\W+/g, '-')
  const file = join(scratch, `${fileName}.ts`)
  await writeFile(file, `${code}\nexport {}\n`)
  await mkdir(join(directory, fileName))
  process.chdir(join(directory, fileName))
  await import(pathToFileURL(file).href)
})
