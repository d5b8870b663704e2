// @module-tag many-calls
import { spawnSync } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type PostgresServer, startPostgresServer } from '@forge/fixtures/postgres'
import { startS3Server } from '@forge/fixtures/s3'
import { newFolder } from '@forge/writer-core/testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { readmeExamples } from '../src/readme-examples.ts'

/** Inside this package, so that the names of the others resolve; ignored by git. */
const scratch = join(import.meta.dirname, '../dist/readme')
const home = process.cwd()
const directory = newFolder()

beforeAll(async () => {
  await mkdir(scratch, { recursive: true })
})
afterAll(async () => {
  process.chdir(home)
  await rm(scratch, { recursive: true, force: true })
})

const examples = readmeExamples()

test('the README of the root has an example', () => {
  expect(examples.map(({ name }) => name)).toContain('README.md, example 1')
})

/** The bucket of the examples that store tables on S3. */
const BUCKET = 'company-logs'
const needsS3 = (code: string) => code.includes('@forge/writer-store-s3')
/** The database of the examples that store tables in PostgreSQL. */
const DATABASE = 'logs'
const needsSpark = (code: string) => code.includes('@forge/writer-storage-spark')
const needsPostgres = (code: string) => code.includes('@forge/writer-storage-postgres')

describe.each(examples.map(({ name, code }) => [name, code] as const))('%s', (name, code) => {
  test('runs (skipped if it needs a server that cannot be installed)', async ({ skip }) => {
    if (needsSpark(code)) return skip('it needs a Spark server; tooling/interop/spark runs it')
    const server = needsS3(code)
      ? await startS3Server([BUCKET])
      : needsPostgres(code)
        ? await startPostgres()
        : undefined
    if (server && 'reason' in server) return skip(server.reason)
    for (const [variable, value] of Object.entries(server?.env ?? {})) vi.stubEnv(variable, value)
    try {
      await runExample(name, code)
    } finally {
      vi.unstubAllEnvs()
      await server?.[Symbol.asyncDispose]()
    }
  })
})

/** Starts a server with the database of the examples. */
async function startPostgres(): Promise<
  (AsyncDisposable & { readonly env: Readonly<Record<string, string>> }) | { readonly reason: string }
> {
  const server = await startPostgresServer()
  if ('reason' in server) return server
  const { port, programs }: PostgresServer = server
  const made = spawnSync(join(programs, 'createdb'), [
    '-h',
    '127.0.0.1',
    '-p',
    String(port),
    '-U',
    'postgres',
    DATABASE,
  ])
  expect(made.status).toBe(0)
  return {
    env: { PGPORT: String(port), PGUSER: 'postgres' },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

async function runExample(name: string, code: string): Promise<void> {
  const fileName = name.replaceAll(/\W+/g, '-')
  const file = join(scratch, `${fileName}.ts`)
  await writeFile(file, `${code}\nexport {}\n`)
  await mkdir(join(directory, fileName))
  process.chdir(join(directory, fileName))
  await import(pathToFileURL(file).href)
}
