import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { newFolder } from '@forge/writer-core/testing'
import { openEngine } from '@forge/writer-storage-duckdb/engine'
import { beforeEach, expect, test } from 'vitest'
import { spillFolder } from '../src/engine/spill-folder.ts'

let temporary = ''
beforeEach(() => {
  temporary = newFolder()
})

const sharedPath = () => join(temporary, `forge-writer-${process.getuid?.() ?? 'user'}`)
const mode = (path: string) => statSync(path).mode & 0o777

test('spilled data is in a folder that only its owner can enter, and each engine has its own', () => {
  const [one, two] = [spillFolder(temporary), spillFolder(temporary)]
  expect(dirname(one)).toBe(sharedPath())
  expect(one).not.toBe(two)
  expect(mode(sharedPath())).toBe(0o700)
})

test.skipIf(process.platform === 'win32').each([
  [
    'a folder that others can enter',
    () => {
      mkdirSync(sharedPath())
      chmodSync(sharedPath(), 0o777)
    },
  ],
  [
    'a link',
    () => {
      mkdirSync(join(temporary, 'elsewhere'), { mode: 0o700 })
      symlinkSync(join(temporary, 'elsewhere'), sharedPath())
    },
  ],
])('%s that has the name is not used (skipped on Windows)', (_what, plant) => {
  plant()
  const parent = dirname(spillFolder(temporary))
  expect(parent).not.toBe(sharedPath())
  expect(mode(parent)).toBe(0o700)
  expect(dirname(spillFolder(temporary))).toBe(parent)
})

test('an engine that spills writes there and leaves nothing behind', async () => {
  const engine = await openEngine({ threads: 1, memoryLimitBytes: 128 * 1024 * 1024 })
  const session = await engine.session()
  const [row] = await session.rows(`select current_setting('temp_directory') as folder`)
  const folder = String(row?.folder)
  await session.run(
    `create temp table spilled as select range as n, repeat(md5(range::varchar), 10) as t from range(800000)`,
  )
  expect(readdirSync(folder)).not.toEqual([])
  expect(mode(dirname(folder)) & 0o077).toBe(0)
  session.close()
  engine.close()
  expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([])
})
