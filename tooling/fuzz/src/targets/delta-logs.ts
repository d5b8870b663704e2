import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { defectPath, type Random } from '@forge/fixtures'
import { deltaStorage } from '@forge/writer-storage-delta'
import { mutateBytes, mutateEnd } from '../mutate/bytes.ts'
import { mutateJson } from '../mutate/json.ts'
import type { Target } from '../target.ts'

const GOLDEN = join(defectPath(), '..', 'delta')
const MAX_BYTES = 200_000
const NAMES = readdirSync(GOLDEN)
  .toSorted()
  .filter((name) => statSync(join(GOLDEN, name)).isDirectory() && sizeOf(join(GOLDEN, name)) <= MAX_BYTES)

/** Opens, reads and describes Delta tables of which one file of the log is mutated. */
export const deltaLogs: Target = {
  name: 'delta-logs',
  async run(random, folder) {
    const name = random.pick(NAMES)
    const table = join(folder, 'lake', 'analytics', 'logs')
    cpSync(join(GOLDEN, name), table, { recursive: true })
    mutateLog(join(table, '_delta_log'), random)
    const storage = deltaStorage({ path: join(folder, 'lake') })
    try {
      const opened = await storage.openTable({ schema: 'analytics', name: 'logs' })
      await opened.info()
      for await (const batch of opened.scan({ limit: 1000 }))
        if (batch.rowCount > 1000) throw new RangeError('too many rows')
      await opened.history?.({ limit: 5 })
      await storage.doctor?.({})
    } finally {
      await storage.close()
    }
  },
}

function mutateLog(log: string, random: Random): void {
  const files = readdirSync(log, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .filter((name) => statSync(join(log, name)).isFile() && !/\.crc$/.test(name))
  const path = join(log, random.pick(files))
  const bytes = readFileSync(path)
  writeFileSync(path, path.endsWith('.parquet') ? mutateEnd(bytes, random) : mutateText(bytes, random))
}

/** Mutates one line, as JSON if it stays so, or the bytes. */
function mutateText(bytes: Buffer, random: Random): Buffer {
  if (random.chance(0.3)) return mutateBytes(bytes, random, bytes)
  const lines = bytes.toString('utf8').split('\n')
  const at = random.below(lines.length)
  const changed = mutateJson(lines[at] ?? '', random)
  return Buffer.from(changed === undefined ? bytes : lines.with(at, changed).join('\n'))
}

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(folder, name)))
    .reduce((sum, found) => sum + (found.isFile() ? found.size : 0), 0)
}
