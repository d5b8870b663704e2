/** Reads the values of one row, as milliseconds since 1970; rows are read in their order. */
export type MillisecondReader = (row: number) => Promise<readonly unknown[]>

/**
 * Opens columns of times that a Parquet file stores in milliseconds. The engine converts these to microseconds, and fails for the whole file if one
 * value does not fit, such as the number that NumPy uses for a missing time. The values of one row group are in memory.
 */
export async function openMilliseconds(path: string, columns: readonly string[]): Promise<MillisecondReader> {
  const [{ asyncBufferFromFile, parquetScan }, { compressors }] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
  ])
  const parsers = { timestampFromMilliseconds: (count: bigint) => count }
  const file = await asyncBufferFromFile(path)
  const scan = await parquetScan({ file, columns: [...columns], compressors, parsers })
  const groups = scan.ranges[Symbol.iterator]()
  let group = { rowStart: 0, rowEnd: 0 }
  let vectors: ArrayLike<unknown>[] = []
  return async (row) => {
    while (row >= group.rowEnd) {
      const next = groups.next()
      if (next.done) throw new Error(`the file has no row ${row}`)
      group = next.value
      vectors = await Promise.all(columns.map((column) => scan.readColumn({ column, ...next.value })))
    }
    return vectors.map((vector) => vector[row - group.rowStart])
  }
}
