import { escapeLiteral } from 'pg'

/** Returns text, bytes or null as a constant in SQL, for statements that are sent together and can have no values. */
export function literalSql(value: string | Buffer | null): string {
  if (value === null) return 'null'
  return typeof value === 'string' ? escapeLiteral(value) : `'\\x${value.toString('hex')}'::bytea`
}
