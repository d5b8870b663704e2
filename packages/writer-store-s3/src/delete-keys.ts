import { createHash } from 'node:crypto'
import { isWriterError } from '@forge/writer-core'
import { storeFailure } from '@forge/writer-storage-delta/stores'
import type { S3Client } from './s3-client.ts'

/** The number of keys that one request may delete. */
const MAX_KEYS = 1000
const MAX_SINGLE = 16

/** Deletes objects; those that do not exist are left out. */
export async function deleteKeys(client: S3Client, keys: readonly string[]): Promise<void> {
  // XML cannot hold every character of a key.
  const listable = keys.filter((key) => /^[\t\n\r\x20-\ud7ff\ue000-\ufffd]*$/.test(key))
  const single = keys.length <= 2 ? keys : keys.filter((key) => !listable.includes(key))
  const many = keys.length <= 2 ? [] : listable
  for (let from = 0; from < many.length; from += MAX_KEYS) {
    const some = many.slice(from, from + MAX_KEYS)
    await deleteMany(client, some).catch(async (error: unknown) => {
      if (!isWriterError(error, 'UNSUPPORTED')) throw error
      await deleteEach(client, some)
    })
  }
  await deleteEach(client, single)
}

async function deleteEach(client: S3Client, keys: readonly string[]): Promise<void> {
  for (let from = 0; from < keys.length; from += MAX_SINGLE) {
    const some = keys.slice(from, from + MAX_SINGLE)
    await Promise.all(some.map((key) => client.send({ method: 'DELETE', key, expected: [404] })))
  }
}

async function deleteMany(client: S3Client, keys: readonly string[]): Promise<void> {
  const objects = keys.map((key) => `<Object><Key>${escapeXml(key)}</Key></Object>`)
  const body = new TextEncoder().encode(
    `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>${objects.join('')}</Delete>`,
  )
  const { bytes } = await client.send({
    method: 'POST',
    key: '',
    query: { delete: '' },
    headers: { 'content-md5': createHash('md5').update(body).digest('base64'), 'content-type': 'application/xml' },
    body,
  })
  const codes = [...new TextDecoder().decode(bytes).matchAll(/<Code>([A-Za-z0-9]{1,100})<\/Code>/g)].map(
    ([, code]) => code,
  )
  const failed = codes.filter((code) => code !== 'NoSuchKey')
  if (failed.length === 0) return
  throw storeFailure(`${failed.length} objects could not be deleted: ${[...new Set(failed)].join(', ')}`, {
    context: { bucket: client.bucket, codes: [...new Set(failed)] },
    suggestions: ['Allow s3:DeleteObject.'],
  })
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"'\r\n\t]/g, (char) => `&#${char.charCodeAt(0)};`)
}
