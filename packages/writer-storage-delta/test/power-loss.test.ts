// @module-tag processes
import { spawnSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { batchRows } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DeltaStorage, deltaStorage } from '../src/index.ts'
import { type DiskState, diskStates, type Entry } from './disk-states.ts'

const program = fileURLToPath(new URL('writer-process.mjs', import.meta.url))
const isBuilt = existsSync(fileURLToPath(new URL('../dist/index.js', import.meta.url)))
const hasStrace = spawnSync('strace', ['-qq', '-e', 'trace=none', 'true']).status === 0
const isLong = process.env.FORGE_LONG_TESTS === '1'
const CALLS = 'openat,write,pwrite64,writev,pwritev,ftruncate,fsync,fdatasync,link,rename,unlink,mkdir'
const path = realpathSync(newFolder())
let trace = ''
let storage: DeltaStorage
let states = 0

/** The fate of what was not synced: the worst case, or a mixture. */
const SURVIVALS: Readonly<Record<string, (entry: Entry, at: number) => 'gone' | 'empty' | 'whole'>> = {
  'nothing that was not synced survives': ({ nameIsDurable, bytesAreDurable }) =>
    !nameIsDurable ? 'gone' : bytesAreDurable ? 'whole' : 'empty',
  'names survive, but bytes that were not synced do not': ({ bytesAreDurable }) =>
    bytesAreDurable ? 'whole' : 'empty',
  'a part of what was not synced survives': ({ nameIsDurable, bytesAreDurable }, at) =>
    !nameIsDurable && at % 2 === 0 ? 'gone' : bytesAreDurable || at % 3 === 0 ? 'whole' : 'empty',
}

describe.skipIf(!isBuilt || !hasStrace)('after a loss of power (skipped if it is not built, or without strace)', () => {
  // A writer runs under strace, which makes it many times slower.
  beforeAll(async () => {
    storage = deltaStorage({ path: join(path, 'states') })
    const written = spawnSync(
      'strace',
      ['-f', '-y', '-qq', '-s', '4096', '-o', join(path, 'trace'), '-e', `trace=${CALLS}`].concat([
        process.execPath,
        program,
        join(path, 'table'),
        'mix',
        'w',
        isLong ? '40' : '10',
        '4',
      ]),
      { encoding: 'utf8' },
    )
    if (written.status !== 0) throw new Error(`the writer failed: ${written.stderr}`)
    trace = await readFile(join(path, 'trace'), 'utf8')
  }, 120_000)
  afterAll(async () => {
    await storage.close()
  })

  /** Creates the table as the disk would hold it, and reads its ids. */
  async function idsAfter(state: DiskState, survives: (entry: Entry, at: number) => string): Promise<string[]> {
    const schema = `state-${states++}`
    const gone = new Set<string>()
    for (const [at, [from, entry]] of [...state.entries].sort().entries()) {
      const fate = gone.has(dirname(from)) ? 'gone' : survives(entry, at + states)
      if (fate === 'gone' || !existsSync(from)) gone.add(from)
      else if ((await stat(from)).isFile()) {
        const to = join(path, 'states', schema, relative(join(path, 'table/logs'), from))
        await mkdir(dirname(to), { recursive: true })
        await (fate === 'whole' ? copyFile(from, to) : writeFile(to, ''))
      }
    }
    const table = await storage.openTable({ schema, name: 'runs' })
    const ids: string[] = []
    for await (const batch of table.scan()) for (const row of batchRows(batch)) ids.push(String(row.id))
    return ids
  }

  test.each(Object.entries(SURVIVALS))('everything acknowledged is still stored if %s', async (_name, survives) => {
    const all = diskStates(trace, join(path, 'table'))
    expect(all.at(-1)?.acknowledged).toHaveLength(isLong ? 40 : 10)
    for (const state of all) {
      const ids = await idsAfter(state, survives)
      expect(new Set(ids).size).toBe(ids.length)
      expect(state.acknowledged.filter((id) => !ids.includes(id))).toEqual([])
    }
  })

  test.each([
    ['data files', (synced: string) => synced.endsWith('.parquet')],
    ['the folder of the log', (synced: string) => synced.endsWith('_delta_log')],
    ['the folder of the data', (synced: string) => synced.endsWith('/runs')],
  ])('the same states lose rows if %s are not synced', async (_name, ignoreSync) => {
    const last = diskStates(trace, join(path, 'table'), { ignoreSync }).at(-1)
    if (last === undefined) throw new Error('nothing was traced')
    const worst = SURVIVALS['nothing that was not synced survives']
    const ids = await idsAfter(last, worst ?? (() => 'whole')).catch((): string[] => [])
    expect(last.acknowledged.filter((id) => !ids.includes(id))).not.toEqual([])
  })
})
