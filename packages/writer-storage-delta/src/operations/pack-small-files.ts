import { isWriterError } from '@forge/writer-core'
import type { AddFile } from '../log/actions.ts'
import type { Snapshot } from '../log/snapshot.ts'
import { tableProperties } from '../protocol/table-properties.ts'
import type { TableCore } from '../table/table-core.ts'
import { packFiles } from './optimize.ts'
import { LAYOUT_TAG, partitionsOf } from './pack-bins.ts'
import { writeBeside } from './write-request.ts'

/** Counts how often the rows of a file were packed as small files gathered. */
const GENERATION_TAG = 'forgeWriter.generation'
/** New files that are worth a commit. */
const NEW_FILES = 16
/** Packed files that become one of the next generation. So each row is moved once per factor of eight: n log n in all. */
const PACKED_FILES = 8
/** Files beyond it are no small files. */
const MAX_SMALL_BYTES = 16 * 1024 * 1024
/** Files of one commit: a table that had gathered thousands is packed step by step. */
const MAX_FILES_AT_ONCE = 128

/** Small files of one partition that are to become one, and the generation of that one. */
interface SmallBin {
  readonly files: readonly AddFile[]
  readonly generation: number
}

/**
 * Packs small files that have gathered, next to the writes of this process and of others: one commit, and more while `mayGoOn`. A commit that another
 * writer stands in the way of is given up: the next look finds what is left.
 */
export async function packSmallFiles(core: TableCore, mayGoOn: () => boolean): Promise<void> {
  do {
    const snapshot = core.known()
    const bin = snapshot && dueBin(snapshot, core.settings.targetFileBytes)
    if (bin === undefined) return
    try {
      const result = await writeBeside(core, {
        name: 'optimize',
        kind: { changesRows: false, writesData: true },
        maxAttempts: 1,
        prepare: (preparation) =>
          packFiles(core, preparation, {
            files: bin.files,
            orderBy: [],
            tags: { [GENERATION_TAG]: String(bin.generation) },
            isAutomatic: true,
          }),
      })
      if (result === undefined) return
    } catch (error) {
      if (isWriterError(error) && error.code === 'CONCURRENCY') return
      throw error
    }
  } while (mayGoOn())
}

/** Whether this writer is to pack small files of the table: as it was opened, else as the table says. */
export function packsSmallFiles({ settings }: TableCore, { metadata }: Snapshot): boolean {
  const { packSmallFiles } = settings
  if (typeof packSmallFiles === 'boolean') return packSmallFiles
  return tableProperties(metadata).autoCompact ?? packSmallFiles === 'byDefault'
}

/** The next files to pack, of the first partition in which enough have gathered. */
function dueBin(snapshot: Snapshot, targetFileBytes: number): SmallBin | undefined {
  const maxBytes = Math.min(MAX_SMALL_BYTES, targetFileBytes / 2)
  const small = [...snapshot.state().files.values()].filter(
    ({ size, tags }) => size < maxBytes && tags?.[LAYOUT_TAG] === undefined,
  )
  for (const partition of partitionsOf(small)) {
    const bin = dueBinOf(partition, targetFileBytes)
    if (bin) return bin
  }
  return undefined
}

/** The rows that would be moved once more right after are moved once: the new file may fill its generation. */
function dueBinOf(partition: readonly AddFile[], targetFileBytes: number): SmallBin | undefined {
  const generations: AddFile[][] = []
  for (const file of partition) {
    const generation = generationOf(file)
    const files = generations[generation] ?? []
    files.push(file)
    generations[generation] = files
  }
  const start = generations.findIndex((files, at) => (files?.length ?? 0) >= (at === 0 ? NEW_FILES : PACKED_FILES))
  if (start === -1) return undefined
  // Older files are of later generations: the order of the log stays.
  let files = generations[start] ?? []
  let generation = start + 1
  for (let next = generations[generation]; next && next.length + 1 >= PACKED_FILES; next = generations[generation]) {
    files = [...next, ...files]
    generation++
  }
  const bin = upTo(files, targetFileBytes)
  return bin.length > 1 ? { files: bin, generation } : undefined
}

function upTo(files: readonly AddFile[], maxBytes: number): AddFile[] {
  let bytes = 0
  return files.slice(0, MAX_FILES_AT_ONCE).filter(({ size }) => {
    bytes += size
    return bytes <= maxBytes
  })
}

function generationOf({ tags }: AddFile): number {
  const generation = Number(tags?.[GENERATION_TAG] ?? 0)
  return Number.isInteger(generation) && generation > 0 && generation < 64 ? generation : 0
}
