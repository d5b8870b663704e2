import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { checksumDeltaTable } from '../src/index.ts'

interface Expected {
  readonly name: string
  readonly status: string
  readonly row_count?: number
  readonly checksum_sha256?: string
  readonly versions?: readonly { version: number; row_count?: number; checksum_sha256?: string }[]
}

const folder = fileURLToPath(new URL('../../../tooling/fixtures/data/delta', import.meta.url))
const tables = readdirSync(folder)
  .filter((file) => file.endsWith('.expected.json'))
  .map((file): Expected => JSON.parse(readFileSync(join(folder, file), 'utf8')))

describe('tables of other engines', () => {
  test.each(tables.filter(({ checksum_sha256 }) => checksum_sha256))(
    '$name reads correctly at every version',
    async (table) => {
      const newest = await checksumDeltaTable(join(folder, table.name))
      expect(newest).toMatchObject({ rows: table.row_count, checksum: table.checksum_sha256 })
      for (const { version, row_count, checksum_sha256 } of table.versions ?? []) {
        const read = checksumDeltaTable(join(folder, table.name), { version })
        if (checksum_sha256) expect(await read).toEqual({ version, rows: row_count, checksum: checksum_sha256 })
        else await expect(read).rejects.toMatchObject({ code: 'TABLE' })
      }
    },
  )

  test('a table with a feature that reading needs is refused by its name', async () => {
    await expect(checksumDeltaTable(join(folder, 'table-with-geo'))).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      context: { feature: 'geospatial' },
    })
  })

  test.each(tables.filter(({ status }) => status === 'must-error'))('$name is an error', async ({ name }) => {
    await expect(checksumDeltaTable(join(folder, name))).rejects.toMatchObject({ code: 'TABLE' })
  })

  test('a file that is removed under another spelling of its path is removed', async () => {
    expect(await checksumDeltaTable(join(folder, 'canonicalized-paths-normal-a'))).toMatchObject({ rows: 0 })
  })
})
