import { type Connection, type PoolClient, Query, type QueryArrayResult, type QueryConfig } from 'pg'

/** The methods of the driver's connection that send rows of COPY. */
interface CopyConnection extends Connection {
  sendCopyFromChunk(bytes: Buffer): void
  endCopyFrom(): void
}

/**
 * Statements, one of them a COPY from the client, whose rows are sent at once with them. The server reads the rows when it comes to the COPY. If a
 * statement before it fails, the server skips them: section 55.2.6 of the manual of PostgreSQL.
 */
class CopyQuery extends Query {
  readonly #bytes: Buffer

  constructor(config: QueryConfig, bytes: Buffer, callback: (error: Error | undefined, results: unknown) => void) {
    super(config, callback)
    this.#bytes = bytes
    const submit = this.submit
    this.submit = (connection) => {
      const { stream } = connection
      stream.cork()
      try {
        Reflect.apply(submit, this, [connection])
        const copy = connection as CopyConnection
        copy.sendCopyFromChunk(this.#bytes)
        copy.endCopyFrom()
      } finally {
        stream.uncork()
      }
      return null
    }
  }

  /** The driver calls this when the server waits for rows, which are under way. */
  handleCopyInResponse(): void {}
}

/** Runs statements with the rows of the COPY among them. Resolves with the result of each. */
export function queryWithCopy(
  client: PoolClient,
  config: QueryConfig,
  bytes: Buffer,
): Promise<readonly QueryArrayResult<(string | null)[]>[]> {
  return new Promise((resolve, reject) => {
    const settle = (error: Error | undefined, results: unknown) => {
      if (error) reject(error)
      // The driver resolves with a list if there are several statements.
      else resolve(results as readonly QueryArrayResult<(string | null)[]>[])
    }
    client.query(new CopyQuery(config, bytes, settle))
  })
}
