import { quoteIdentifier } from '@forge/writer-storage-duckdb/engine'

const BITS = 16

/**
 * Orders the rows of `select` so that rows with similar values in all `columns` are close to each other: ranks of 16 bits with interleaved bits. At
 * most three columns count fully; more share the 63 bits.
 */
export function zOrdered(select: string, columns: readonly string[]): string {
  const [only] = columns
  if (only !== undefined && columns.length === 1)
    return `select * from (${select}) order by ${quoteIdentifier(only)} nulls last`
  const bits = Math.min(BITS, Math.floor(63 / columns.length))
  const ranks = columns.map(
    (name, at) =>
      `((rank() over (order by ${quoteIdentifier(name)} nulls last) - 1) * ${2 ** bits} // (count(*) over ()))::bigint as "?z${at}"`,
  )
  const terms: string[] = []
  for (let bit = 0; bit < bits; bit++) {
    for (let at = 0; at < columns.length; at++) {
      terms.push(`(("?z${at}" >> ${bit}) & 1) << ${bit * columns.length + at}`)
    }
  }
  const helpers = columns.map((_name, at) => `"?z${at}"`)
  return `select * exclude (${helpers.join(', ')}) from (select *, ${ranks.join(', ')} from (${select})) order by ${terms
    .map((term) => `(${term})`)
    .join(' | ')}`
}
