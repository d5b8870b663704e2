import { safeInteger } from '../batch/rows.ts'

/** A number of rows: a bigint beyond 2^53. */
export type RowCount = number | bigint

/** Returns how many of the rows are valid at a rate of 0 to 100 percent. */
export function validShare(rows: RowCount, ratePercent: number): RowCount {
  if (typeof rows === 'number') return Math.round((rows * ratePercent) / 100)
  if (!Number.isFinite(ratePercent)) return 0
  return safeInteger((rows * BigInt(Math.round(ratePercent * 1e8)) + 5_000_000_000n) / 10_000_000_000n)
}

/** Returns `rows` minus `others`, at least 0. */
export function rowsWithout(rows: RowCount, others: RowCount): RowCount {
  if (typeof rows === 'number' && typeof others === 'number') return Math.max(0, rows - others)
  if (!isWhole(rows) || !isWhole(others)) return 0
  const left = BigInt(rows) - BigInt(others)
  return left > 0n ? safeInteger(left) : 0
}

export function sumOfRows(one: RowCount, other: RowCount): RowCount {
  if (typeof one === 'number' && typeof other === 'number') return one + other
  return isWhole(one) && isWhole(other) ? safeInteger(BigInt(one) + BigInt(other)) : Number(one) + Number(other)
}

function isWhole(count: RowCount): boolean {
  return typeof count === 'bigint' || Number.isSafeInteger(count)
}
