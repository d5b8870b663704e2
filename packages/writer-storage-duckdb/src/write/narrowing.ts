import { type ColumnDefinition, type ColumnType, type ColumnVector, holdsExactly, isDecimal } from '@forge/writer-core'
import type { StoredColumn } from '../table/table-state.ts'

const LARGEST_FLOAT = 3.4028234663852886e38
const RANGES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  TINYINT: [-128n, 127n],
  SMALLINT: [-32_768n, 32_767n],
  INTEGER: [-(2n ** 31n), 2n ** 31n - 1n],
  UTINYINT: [0n, 255n],
  USMALLINT: [0n, 65_535n],
  UINTEGER: [0n, 2n ** 32n - 1n],
  DOUBLE: [-(2n ** 53n), 2n ** 53n],
  FLOAT: [-(2n ** 24n), 2n ** 24n],
}

/** Returns why values do not fit the stored type, and the type that would hold them, or undefined if all values fit. */
export function narrowing(
  { type }: Pick<ColumnDefinition, 'type'>,
  vector: ColumnVector,
  target: StoredColumn,
): { readonly text: string; readonly widenTo?: ColumnType } | undefined {
  if (isDecimal(target.type)) {
    return holdsExactly(vector, type, target.type) ? undefined : { text: `has numbers beyond ${target.engineType}` }
  }
  if (vector.kind === 'double' && target.engineType === 'FLOAT') {
    const isTooLarge = vector.values.some((value) => Number.isFinite(value) && Math.abs(value) > LARGEST_FLOAT)
    return isTooLarge ? { text: 'has numbers beyond FLOAT', widenTo: 'double' } : undefined
  }
  if (vector.kind !== 'int64' && vector.kind !== 'int32') return undefined
  if (target.type === 'date' || target.type === 'timestamp') return undefined
  const range = RANGES[target.engineType]
  if (!range) return undefined
  const [least, greatest] = range
  const isOutside =
    vector.kind === 'int64'
      ? vector.values.some((value) => value < least || value > greatest)
      : vector.values.some((value) => value < Number(least) || value > Number(greatest))
  if (!isOutside) return undefined
  const widenTo = target.engineType === 'DOUBLE' ? undefined : target.engineType === 'FLOAT' ? 'double' : 'int64'
  return { text: `has whole numbers beyond ${target.engineType}`, ...(widenTo && { widenTo }) }
}
