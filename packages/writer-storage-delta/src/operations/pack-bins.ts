import type { AddFile } from '../actions/actions.ts'
import { liveRows } from '../stats/parsed-stats.ts'

/** The tag of files that OPTIMIZE wrote, with the target size and the order of their rows. */
export const LAYOUT_TAG = 'forgeWriter.layout'

export interface Layout {
  readonly targetFileBytes: number
  /** The columns that order the rows; empty for plain compaction. */
  readonly orderBy: readonly string[]
}

/**
 * Returns groups of files to rewrite together: files of one partition, in the order of the log. Unless rows are ordered, a group has at most the
 * target size.
 */
export function packBins(files: readonly AddFile[], layout: Layout): AddFile[][] {
  return partitionsOf(files).flatMap((partition) =>
    layout.orderBy.length > 0 ? orderedBin(partition, layout) : compactionBins(partition, layout),
  )
}

/** Groups files by partition, in the order of the log. */
export function partitionsOf(files: readonly AddFile[]): AddFile[][] {
  const partitions = new Map<string, AddFile[]>()
  for (const file of files) {
    const key = JSON.stringify(Object.entries(file.partitionValues ?? {}).sort())
    const partition = partitions.get(key) ?? []
    partition.push(file)
    partitions.set(key, partition)
  }
  return [...partitions.values()]
}

/** Returns the files that are not in that order yet, so that a second run finds nothing. */
function orderedBin(files: readonly AddFile[], layout: Layout): AddFile[][] {
  const open = files.filter((file) => file.tags?.[LAYOUT_TAG] !== layoutTag(layout))
  return open.length === 0 ? [] : [open]
}

function compactionBins(files: readonly AddFile[], layout: Layout): AddFile[][] {
  const bins: AddFile[][] = []
  let bin: AddFile[] = []
  let bytes = 0
  const close = () => {
    if (isWorthIt(bin, layout)) bins.push(bin)
    bin = []
    bytes = 0
  }
  for (const file of files) {
    if (file.size >= layout.targetFileBytes && !hasManyDeletedRows(file)) continue
    if (bytes + file.size > layout.targetFileBytes && bin.length > 0) close()
    bin.push(file)
    bytes += file.size
  }
  close()
  return bins
}

function isWorthIt(bin: readonly AddFile[], layout: Layout): boolean {
  if (bin.some(hasManyDeletedRows)) return true
  // Files of an earlier run with the same settings need no packing.
  return bin.length > 1 && bin.some((file) => file.tags?.[LAYOUT_TAG] !== layoutTag(layout))
}

function hasManyDeletedRows(file: AddFile): boolean {
  const deleted = file.deletionVector?.cardinality ?? 0
  return deleted > 0 && deleted >= 0.05 * ((liveRows(file) ?? 0) + deleted)
}

export function layoutTag({ targetFileBytes, orderBy }: Layout): string {
  return JSON.stringify([targetFileBytes, ...orderBy])
}
