import { open } from 'node:fs/promises'
import type { S3Answer } from './s3-answer.ts'
import type { S3Client } from './s3-client.ts'
import { missingFile } from './s3-error.ts'

const PART_BYTES = 16 * 1024 * 1024
const PARTS_AT_ONCE = 4

/** Downloads an object into a file, in parts of 16 MiB. Resolves with its size. Throws WriterTableError if it does not exist. */
export async function downloadObject(client: S3Client, key: string, file: string): Promise<number> {
  const handle = await open(file, 'w', 0o600)
  try {
    const first = await part(client, key, 0)
    const sizeBytes = sizeOf(first)
    await handle.write(first.bytes, 0, first.bytes.length, 0)
    if (first.status !== 206) return sizeBytes
    const tag = first.headers.get('etag')
    let next = PART_BYTES
    const worker = async () => {
      while (next < sizeBytes) {
        const offset = next
        next += PART_BYTES
        const { bytes } = await part(client, key, offset, tag)
        await handle.write(bytes, 0, bytes.length, offset)
      }
    }
    await Promise.all(Array.from({ length: PARTS_AT_ONCE }, worker))
    return sizeBytes
  } finally {
    await handle.close()
  }
}

async function part(client: S3Client, key: string, offset: number, tag?: string | null): Promise<S3Answer> {
  const answer = await client.send({
    method: 'GET',
    key,
    // An object that is replaced meanwhile would be mixed from both.
    headers: { range: `bytes=${offset}-${offset + PART_BYTES - 1}`, ...(tag && { 'if-match': tag }) },
    expected: [404, 416],
  })
  if (answer.status === 404) throw missingFile(key)
  return answer.status === 416 ? { ...answer, bytes: new Uint8Array() } : answer
}

/** Returns the size of the whole object: `bytes 0-99/1234`. */
function sizeOf({ headers, bytes }: S3Answer): number {
  const total = /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1]
  return total === undefined ? bytes.length : Number(total)
}
