import { WriterUnsupportedError } from '@forge/writer-core'
import type { S3Client } from './s3-client.ts'
import type { S3Place } from './s3-place.ts'

/** The puts that commits depend on. */
export interface ConditionalCheck {
  /** Throws WriterUnsupportedError if the store does not honour `If-None-Match`. Asks once in a process. */
  assert(): Promise<void>
  /** Creates an object. Resolves with false if it already exists. */
  put(key: string, body: Uint8Array<ArrayBuffer>): Promise<boolean>
}

/** The object by which the check is made. It stays, so that later processes need one request. */
const CHECK_NAME = '_forge_writer_if_none_match'
const CHECK_TEXT = new TextEncoder().encode('This object shows forge-writer that this store honours If-None-Match.\n')

/** The checks of this process, by the address of the bucket. */
const CHECKED = new Map<string, Promise<void>>()

/** Returns the check of a place. With `isSingleWriter` an object is looked for before it is put, which is safe for one writer only. */
export function conditionalCheck(client: S3Client, { prefix }: S3Place, isSingleWriter: boolean): ConditionalCheck {
  const put = (key: string, body: Uint8Array<ArrayBuffer>) => putIfNoneMatch(client, key, body)
  if (isSingleWriter) {
    return { assert: async () => undefined, put: (key, body) => putIfMissing(client, key, body) }
  }
  return {
    put,
    assert() {
      const known = CHECKED.get(client.identity)
      if (known !== undefined) return known
      const asked = check(client, prefix === '' ? CHECK_NAME : `${prefix}/${CHECK_NAME}`).catch((error: unknown) => {
        CHECKED.delete(client.identity)
        throw error
      })
      CHECKED.set(client.identity, asked)
      return asked
    },
  }
}

async function check(client: S3Client, key: string): Promise<void> {
  if (!(await putIfNoneMatch(client, key, CHECK_TEXT))) return
  if (!(await putIfNoneMatch(client, key, CHECK_TEXT))) return
  throw unconditional(client)
}

async function putIfNoneMatch(client: S3Client, key: string, body: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const { status } = await client.send({
    method: 'PUT',
    key,
    body,
    headers: { 'if-none-match': '*' },
    expected: [412, 501],
    isConditional: true,
  })
  if (status === 501) throw unconditional(client)
  return status !== 412
}

async function putIfMissing(client: S3Client, key: string, body: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const { status } = await client.send({ method: 'HEAD', key, expected: [404] })
  if (status !== 404) return false
  await client.send({ method: 'PUT', key, body, isConditional: true })
  return true
}

function unconditional({ bucket }: S3Client): WriterUnsupportedError {
  return new WriterUnsupportedError('this object store does not honour If-None-Match, so commits are not safe', {
    context: { feature: 'conditional put', bucket },
    suggestions: [
      'Use a store with conditional puts: AWS, MinIO, Cloudflare R2, Ceph and others have them.',
      'Set `unsafeSingleWriter: true` if only one process ever writes to the tables.',
    ],
    committed: 'no',
  })
}
