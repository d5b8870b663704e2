// @module-tag processes
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { batchRows, type TableReader } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { beforeEach, expect, test } from 'vitest'
import { deltaStorage } from '../src/index.ts'

const program = fileURLToPath(new URL('writer-process.mjs', import.meta.url))
const isBuilt = existsSync(fileURLToPath(new URL('../dist/index.js', import.meta.url)))
const isLong = process.env.FORGE_LONG_TESTS === '1'
const ref = { schema: 'logs', name: 'runs' }
let path = ''

beforeEach(() => {
  path = newFolder()
})

interface Writer {
  readonly child: ChildProcess
  readonly acknowledged: string[]
  readonly ended: Promise<unknown>
}

function start(mode: string, worker: string, count: number, onAcknowledged?: (writer: Writer) => void): Writer {
  const child = spawn(process.execPath, [program, path, mode, worker, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const writer: Writer = { child, acknowledged: [], ended: once(child, 'close') }
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      writer.acknowledged.push(line)
      onAcknowledged?.(writer)
    })
  }
  return writer
}

async function idsOf(reader: TableReader): Promise<string[]> {
  const ids: string[] = []
  for await (const batch of reader.scan()) for (const row of batchRows(batch)) ids.push(String(row.id))
  return ids.sort()
}

const commitNames = () => readdirSync(join(path, 'logs/runs/_delta_log')).filter((name) => /^\d{20}\.json$/.test(name))

/** Reads every existing commit. An incomplete one would not be valid JSON. */
function assertWholeCommits(): void {
  if (!existsSync(join(path, 'logs/runs/_delta_log'))) return
  for (const name of commitNames().slice(-20)) {
    const text = readFileSync(join(path, 'logs/runs/_delta_log', name), 'utf8')
    expect(text.endsWith('\n')).toBe(true)
    for (const line of text.trimEnd().split('\n')) JSON.parse(line)
  }
}

test.skipIf(!isBuilt)(
  'eight processes append while one packs: no row is lost or doubled, and no version is missing (skipped if it is not built)',
  async () => {
    const each = isLong ? 200 : 25
    const writers = Array.from({ length: 8 }, (_none, at) => start('append', `w${at}`, each))
    const packer = start('optimize', 'packer', isLong ? 60 : 10)
    const polling = setInterval(assertWholeCommits, 5)
    const codes = await Promise.all([...writers, packer].map(({ ended }) => ended))
    clearInterval(polling)
    expect(codes.flat().filter((code) => typeof code === 'number')).toEqual(Array(9).fill(0))
    const acknowledged = writers.flatMap((writer) => writer.acknowledged).sort()
    expect(acknowledged).toHaveLength(8 * each)
    const storage = deltaStorage({ path })
    const table = await storage.openTable(ref)
    expect(await idsOf(table)).toEqual(acknowledged)
    const numbers = commitNames().map((name) => Number(name.slice(0, 20)))
    expect(numbers.sort((a, b) => a - b)).toEqual(numbers.map((_number, at) => at))
    await storage.close()
  },
)

test.skipIf(!isBuilt)(
  'a killed writer loses nothing that it acknowledged, and leaves a usable table (skipped if it is not built)',
  async () => {
    const acknowledged = new Set<string>()
    for (let round = 0; round < (isLong ? 60 : 8); round++) {
      const killAfter = 1 + ((round * 7) % 19)
      const writer = start('mix', `r${round}`, 0, ({ child, acknowledged: found }) => {
        if (found.length === killAfter) child.kill('SIGKILL')
      })
      await writer.ended
      expect(writer.acknowledged.length).toBeGreaterThanOrEqual(killAfter)
      for (const id of writer.acknowledged) acknowledged.add(id)
      const storage = deltaStorage({ path })
      const table = await storage.openTable(ref)
      const ids = await idsOf(table)
      expect(new Set(ids).size).toBe(ids.length)
      expect([...acknowledged].filter((id) => !ids.includes(id))).toEqual([])
      await storage.close()
    }
    const storage = deltaStorage({ path })
    const table = await storage.openTable(ref)
    await table.vacuum({ retentionHours: 0, allowShortRetention: true })
    const files = (await table.info()).files
    expect(readdirSync(join(path, 'logs/runs')).filter((name) => name.endsWith('.parquet'))).toHaveLength(files)
    await storage.close()
  },
)

test.skipIf(!isBuilt)(
  'writers of rows of their own stand in nobody else’s way, however few attempts they have (skipped if it is not built)',
  async () => {
    const each = isLong ? 100 : 15
    // The table is created before, because that is a change of its own.
    await start('append', 'first', 1).ended
    const writers = Array.from({ length: 8 }, (_none, at) => start('own', `w${at}`, each))
    const codes = await Promise.all(writers.map(({ ended }) => ended))
    expect(codes.flat().filter((code) => typeof code === 'number')).toEqual(Array(8).fill(0))
    const expected = writers.flatMap(({ acknowledged }) => {
      const deletedUpTo = acknowledged.findLastIndex((line) => line.startsWith('-'))
      return acknowledged.slice(deletedUpTo + 1)
    })
    const storage = deltaStorage({ path })
    expect(await idsOf(await storage.openTable(ref))).toEqual([...expected, 'first-0'].sort())
    await storage.close()
  },
)

test.skipIf(!isBuilt)(
  'two writers that pack small files and are killed leave every row exactly once (skipped if it is not built)',
  async () => {
    const acknowledged = new Set<string>()
    for (let round = 0; round < (isLong ? 40 : 5); round++) {
      const killAfter = 15 + ((round * 11) % 23)
      const killWhenDue = ({ child, acknowledged: found }: Writer) => {
        if (found.length === killAfter) child.kill('SIGKILL')
      }
      const writers = ['a', 'b'].map((name) => start('grow', `${name}${round}`, 0, killWhenDue))
      await Promise.all(writers.map(({ ended }) => ended))
      for (const id of writers.flatMap((writer) => writer.acknowledged)) acknowledged.add(id)
      const storage = deltaStorage({ path })
      const ids = await idsOf(await storage.openTable(ref))
      expect(new Set(ids).size).toBe(ids.length)
      expect([...acknowledged].filter((id) => !ids.includes(id))).toEqual([])
      await storage.close()
    }
    const storage = deltaStorage({ path })
    const table = await storage.openTable(ref)
    expect((await table.history()).versions.filter(({ operation }) => operation === 'optimize').length).toBeGreaterThan(
      2,
    )
    expect((await table.info()).files).toBeLessThan(acknowledged.size / 2)
    await table.vacuum({ retentionHours: 0, allowShortRetention: true })
    expect(await idsOf(table)).toHaveLength((await table.info()).rowCount)
    const left = readdirSync(join(path, 'logs/runs'), { recursive: true }).map(String)
    expect(left.filter((name) => name.endsWith('.tmp'))).toEqual([])
    expect(left.filter((name) => name.startsWith('part-'))).toHaveLength((await table.info()).files)
    await storage.close()
  },
)
