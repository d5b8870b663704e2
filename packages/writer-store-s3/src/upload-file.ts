import { type FileHandle, open } from 'node:fs/promises'
import { storeFailure } from '@forge/writer-storage-delta/stores'
import { errorCodeOf, type S3Answer } from './s3-answer.ts'
import type { S3Client } from './s3-client.ts'

/** The size of a part, and the largest file that is uploaded whole. A store takes 10,000 parts. */
const PART_BYTES = 16 * 1024 * 1024
const MAX_PARTS = 10_000
const PARTS_AT_ONCE = 4
/** The time for which a store may put the parts together. */
const COMPLETE_MS = 120_000

export interface UploadedFile {
  readonly sizeBytes: number
  readonly answer: S3Answer
}

/** Uploads a file. Larger ones go in parts, which are deleted if the upload fails. */
export async function uploadFile(client: S3Client, key: string, file: string): Promise<UploadedFile> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    if (size > PART_BYTES) return { sizeBytes: size, answer: await uploadParts(client, key, handle, size) }
    const body = await readPart(handle, 0, size)
    return { sizeBytes: size, answer: await client.send({ method: 'PUT', key, body }) }
  } finally {
    await handle.close()
  }
}

async function uploadParts(client: S3Client, key: string, handle: FileHandle, size: number): Promise<S3Answer> {
  const started = await client.send({ method: 'POST', key, query: { uploads: '' } })
  const uploadId = /<UploadId>([^<]+)<\/UploadId>/.exec(new TextDecoder().decode(started.bytes))?.[1]
  if (uploadId === undefined) throw storeFailure('the object store did not start an upload', { context: { key } })
  const partBytes = Math.max(PART_BYTES, Math.ceil(size / MAX_PARTS))
  const tags: string[] = []
  let next = 0
  const worker = async () => {
    while (next * partBytes < size) {
      const at = next++
      const body = await readPart(handle, at * partBytes, Math.min(partBytes, size - at * partBytes))
      const query = { partNumber: String(at + 1), uploadId }
      const { headers } = await client.send({ method: 'PUT', key, query, body })
      tags[at] = headers.get('etag') ?? ''
    }
  }
  const workers = Array.from({ length: PARTS_AT_ONCE }, worker)
  try {
    await Promise.all(workers)
    return await complete(client, key, uploadId, tags)
  } catch (error) {
    // No further part is read for an upload that has failed. A part that arrives after the deletion would stay, and be paid for.
    next = Number.POSITIVE_INFINITY
    await Promise.allSettled(workers)
    await client.send({ method: 'DELETE', key, query: { uploadId }, expected: [404] }).catch(() => undefined)
    throw error
  }
}

async function complete(client: S3Client, key: string, uploadId: string, tags: readonly string[]): Promise<S3Answer> {
  const parts = tags.map((tag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${escapeTag(tag)}</ETag></Part>`)
  const answer = await client.send({
    method: 'POST',
    key,
    query: { uploadId },
    body: new TextEncoder().encode(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`),
    headers: { 'content-type': 'application/xml' },
    expected: [404],
    timeoutMs: COMPLETE_MS,
  })
  // A first attempt whose answer was lost has ended the upload. Both answer with an object of this tag only if it is whole.
  if (answer.status === 404) return assertWhole(client, key, tags.length)
  const failure = /<Error>/.test(new TextDecoder().decode(answer.bytes))
    ? errorCodeOf({ ...answer, status: 500 })
    : undefined
  if (failure === undefined) return answer
  throw storeFailure(`the object store could not complete an upload: ${failure}`, { context: { key }, transient: true })
}

/** The tag of an object of several parts ends in their number. */
async function assertWhole(client: S3Client, key: string, parts: number): Promise<S3Answer> {
  const found = await client.send({ method: 'HEAD', key, expected: [404] })
  if (found.status === 200 && found.headers.get('etag')?.replaceAll('"', '').endsWith(`-${parts}`)) return found
  throw storeFailure('a multipart upload no longer exists', { context: { key }, transient: true })
}

async function readPart(handle: FileHandle, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; ) {
    const { bytesRead } = await handle.read(bytes, at, length - at, offset + at)
    if (bytesRead === 0) throw storeFailure('a file became shorter while it was uploaded')
    at += bytesRead
  }
  return bytes
}

function escapeTag(tag: string): string {
  return tag.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`)
}
