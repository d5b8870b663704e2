import { assertLocalPath, isLocalPath, isWriterError } from '@forge/writer-core'
import { expect, test } from 'vitest'

const ADDRESSES = [
  's3://bucket/logs',
  's3a://bucket/logs',
  'gs://bucket/logs',
  'abfss://container@account.dfs.core.windows.net/logs',
  'postgres://user:hunter2@host/db',
  'sc://host:15002/;token=hunter2',
  'md:logs',
  'MotherDuck:logs?token=hunter2',
  'https://host/logs.duckdb',
  'file:///var/logs.duckdb',
]

for (const address of ADDRESSES) {
  test(`${address.slice(0, 10)}… is refused by its scheme, and is not repeated`, () => {
    expect(isLocalPath(address)).toBe(false)
    let error: unknown
    try {
      assertLocalPath(address, 'path')
    } catch (thrown) {
      error = thrown
    }
    if (!isWriterError(error)) throw error
    const scheme = address.slice(0, address.indexOf(':')).toLowerCase()
    expect(error).toMatchObject({ code: 'CONFIGURATION', context: { scheme, problems: [{ setting: 'path' }] } })
    expect(error.suggestions.length).toBeGreaterThan(0)
    expect(JSON.stringify({ ...error, message: error.message })).not.toMatch(/hunter2|bucket|host/)
  })
}

for (const path of [':memory:', '~', '~/logs.duckdb', '~\\logs.duckdb', '', 'a\0b']) {
  test(`${JSON.stringify(path)} is refused`, () => {
    expect(isLocalPath(path)).toBe(false)
    expect(() => assertLocalPath(path)).toThrow(expect.objectContaining({ code: 'CONFIGURATION' }))
  })
}

for (const path of [
  'logs.duckdb',
  '/var/log/x',
  './s3:x',
  'a/b:c',
  'C:\\logs.duckdb',
  'C:/logs',
  '~user.duckdb',
  'a~',
  '2024-01-01T10:00',
  '.',
]) {
  test(`${path} is a path`, () => {
    expect(isLocalPath(path)).toBe(true)
    expect(() => assertLocalPath(path)).not.toThrow()
  })
}
