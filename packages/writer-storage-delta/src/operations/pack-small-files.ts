import { isWriterError } from '@forge/writer-core'
import type { AddFile } from '../actions/actions.ts'
import type { Snapshot } from '../log/snapshot.ts'
import { tableProperties } from '../protocol/table-properties.ts'
import type { TableCore } from '../table/table-core.ts'
import { packFiles } from './optimize.ts'
import { LAYOUT_TAG, partitionsOf } from './pack-bins.ts'
import { writeBeside } from './write-request.ts'

/** The tag that counts how often the rows of a file were packed automatically. */
const GENERATION_TAG = 'forgeWriter.generation'
/** The number of new files that is worth a commit. */
const NEW_FILES = 16
/** The number of packed files that become one of the next generation. Each row is moved once per factor of eight: n log n in all. */
const PACKED_FILES = 8
/** The size from which a file is not small. */
const MAX_SMALL_BYTES = 16 * 1024 * 1024
/** The limit of files in a commit: a table with thousands of small files is packed step by step. */
const MAX_FILES_AT_ONCE = 128

/** A group of small files of one partition to pack into one, and the generation of the packed file. */
interface SmallBin {
  readonly files: readonly AddFile[]
  readonly generation: number
}

/**
 * Packs small files next to the writes of this and other processes: one commit, and more while `mayGoOn` returns true. Gives up a commit that
 * conflicts with another writer; the next check finds the rest.
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

/** Returns true if this writer packs small files of the table: the options of the table decide, then the table's own property. */
export function packsSmallFiles({ settings }: TableCore, { metadata }: Snapshot): boolean {
  const { packSmallFiles } = settings
  if (typeof packSmallFiles === 'boolean') return packSmallFiles
  return tableProperties(metadata).autoCompact ?? packSmallFiles === 'byDefault'
}

/** Returns the number of small files that were never packed, whoever wrote them. */
export function countNewFiles({ settings }: TableCore, snapshot: Snapshot): number {
  return smallFiles(snapshot, settings.targetFileBytes).filter((file) => generationOf(file) === 0).length
}

function smallFiles(snapshot: Snapshot, targetFileBytes: number): AddFile[] {
  const maxBytes = Math.min(MAX_SMALL_BYTES, targetFileBytes / 2)
  return [...snapshot.state().files.values()].filter(
    ({ size, tags }) => size < maxBytes && tags?.[LAYOUT_TAG] === undefined,
  )
}

/** Returns the next files to pack, from the first partition that has enough. */
function dueBin(snapshot: Snapshot, targetFileBytes: number): SmallBin | undefined {
  for (const partition of partitionsOf(smallFiles(snapshot, targetFileBytes))) {
    const bin = dueBinOf(partition, targetFileBytes)
    if (bin) return bin
  }
  return undefined
}

/**
 * Returns the files of a partition that are due. If the packed file would complete its own generation, both are packed at once, so that rows are
 * moved only once.
 */
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
  // Files of later generations are older. They come first, which keeps the order of the log.
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
