import { randomUUID } from 'node:crypto'
import { type S3Server, startS3Server } from '@forge/fixtures/s3'
import { type S3StoresOptions, s3Stores } from '@forge/writer-store-s3'
import { afterAll, describe } from 'vitest'

const started = await startS3Server()

/** The server of this file's tests. They are skipped, with the reason, if it cannot be installed. */
export const server: S3Server | undefined = 'reason' in started ? undefined : started

afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
})

/** Describes tests that need the server. */
export function describeS3(name: string, tests: (server: S3Server) => void): void {
  const reason = 'reason' in started ? ` (skipped: ${started.reason})` : ''
  describe.skipIf(server === undefined)(`${name}${reason}`, () => {
    if (server) tests(server)
  })
}

/** Returns options for a new prefix of the server's bucket. */
export function placeOn({ bucket, endpoint, region, accessKeyId, secretAccessKey }: S3Server): S3StoresOptions {
  return { bucket, prefix: `t/${randomUUID()}`, endpoint, region, credentials: { accessKeyId, secretAccessKey } }
}

/** Returns stores at a new prefix of the server's bucket. */
export function storesOn(s3: S3Server, options: Partial<S3StoresOptions> = {}) {
  return s3Stores({ ...placeOn(s3), ...options })
}
