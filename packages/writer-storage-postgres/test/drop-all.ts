import type { PostgresServer } from '@forge/fixtures/postgres'
import { Client } from 'pg'

/** Runs statements on the server. Resolves with the rows of the last one. */
export async function runSql({ url }: PostgresServer, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

/** Drops all schemas that the tests made. */
export async function dropAll(server: PostgresServer): Promise<void> {
  const schemas = await runSql(
    server,
    `select format('drop schema %I cascade', nspname) as sql from pg_namespace where nspname !~ '^pg_' and nspname not in ('information_schema', 'public')`,
  )
  if (schemas.length > 0) await runSql(server, schemas.map(({ sql }) => String(sql)).join('; '))
}
