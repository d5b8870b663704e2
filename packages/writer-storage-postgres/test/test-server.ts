import { type PostgresServer, startPostgresServer } from '@forge/fixtures/postgres'
import { Client } from 'pg'
import { afterAll, describe } from 'vitest'

const started = await startPostgresServer()
const server: PostgresServer | undefined = 'reason' in started ? undefined : started

afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
})

/** Describes tests that need the server. They are skipped, with the reason, if it cannot be installed. */
export function describePostgres(name: string, tests: (server: PostgresServer) => void): void {
  const reason = 'reason' in started ? ` (skipped: ${started.reason})` : ''
  describe.skipIf(server === undefined)(`${name}${reason}`, () => {
    if (server) tests(server)
  })
}

/** Runs statements on the server. Resolves with the rows of the last one. */
async function runSql({ url }: PostgresServer, sql: string): Promise<Record<string, unknown>[]> {
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
