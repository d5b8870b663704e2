import { WriterTableError } from '@forge/writer-core'
import type { ObjectInfo, RemoteObjects } from '@forge/writer-storage-delta/stores'
import type { ConditionalCheck } from './conditional-check.ts'
import { deleteKeys } from './delete-keys.ts'
import { downloadObject } from './download-object.ts'
import type { S3Answer } from './s3-answer.ts'
import type { S3Client } from './s3-client.ts'
import { missingFile } from './s3-error.ts'
import { listPages } from './s3-list.ts'
import { keyOf, type S3Place, s3Location } from './s3-place.ts'
import { uploadFile } from './upload-file.ts'

/** The number of objects from which their facts are listed instead of asked for one by one. */
const MAX_HEADS = 16
/** The number of objects in a page of a listing. */
const PAGE_SIZE = 1000

/** Returns the objects below a place, which is that of one table. */
export function s3Objects(client: S3Client, place: S3Place, conditional: ConditionalCheck): RemoteObjects {
  const root = place.prefix === '' ? '' : `${place.prefix}/`
  const key = (path: string) => keyOf(place, path)
  const relative = (info: ObjectInfo): ObjectInfo => ({ ...info, path: info.path.slice(root.length) })

  async function head(path: string): Promise<ObjectInfo | undefined> {
    const { status, headers } = await client.send({ method: 'HEAD', key: key(path), expected: [404] })
    return status === 404 ? undefined : infoOf(path, headers)
  }

  async function put(path: string, body: Uint8Array<ArrayBuffer>): Promise<S3Answer> {
    await conditional.assert()
    return client.send({ method: 'PUT', key: key(path), body })
  }

  return {
    location: s3Location(place.bucket, place.prefix),
    keyOf: (path) => s3Location(place.bucket, key(path)),
    async putIfAbsent(path, bytes) {
      await conditional.assert()
      return conditional.put(key(path), ownBuffer(bytes))
    },
    put: async (path, bytes) => void (await put(path, ownBuffer(bytes))),
    create: async (path, bytes) => ({ modifiedMs: writtenMs(await put(path, ownBuffer(bytes))) }),
    async get(path) {
      const { status, bytes } = await client.send({ method: 'GET', key: key(path), expected: [404] })
      return status === 404 ? undefined : bytes
    },
    async getRange(path, offset, length) {
      const range = `bytes=${offset}-${offset + length - 1}`
      const { status, bytes } = await client.send({
        method: 'GET',
        key: key(path),
        headers: { range },
        expected: [404, 416],
      })
      if (status === 404) throw missingFile(path)
      // A store that ignores ranges sends the whole object.
      const found = status === 200 ? bytes.subarray(offset, offset + length) : bytes
      if (status !== 416 && found.length === length) return found
      throw new WriterTableError(`file ends before byte ${offset + length}`, { context: { file: path } })
    },
    async list(prefix) {
      const found: ObjectInfo[] = []
      for await (const { objects } of listPages(client, { prefix: root + prefix })) found.push(...objects.map(relative))
      return found.sort(byPath)
    },
    async listPaths(prefix) {
      const found: ObjectInfo[] = []
      for await (const { objects } of listPages(client, { prefix: root + prefix, isFlat: true })) {
        found.push(...objects.map(relative))
      }
      return found.sort(byPath).map(({ path }) => path)
    },
    head,
    async heads(paths) {
      const listed =
        paths.length > MAX_HEADS ? await listedInfos(client, paths.map(key)) : new Map<string, ObjectInfo>()
      return eachOf(paths, async (path) => {
        const info = listed.get(key(path))
        return info ? { ...info, path } : head(path)
      })
    },
    delete: (paths) => deleteKeys(client, paths.map(key)),
    download: (path, file) => downloadObject(client, key(path), file),
    async upload(path, file) {
      await conditional.assert()
      const { sizeBytes, answer } = await uploadFile(client, key(path), file)
      return { path, sizeBytes, modifiedMs: writtenMs(answer) }
    },
  }
}

/** Returns the facts that a listing gives about some of the keys, if that takes fewer requests than asking for each. */
async function listedInfos(client: S3Client, keys: readonly string[]): Promise<Map<string, ObjectInfo>> {
  const sorted = [...keys].sort()
  const [first = '', last = ''] = [sorted[0], sorted.at(-1)]
  let shared = 0
  while (shared < first.length && first[shared] === last[shared]) shared++
  const wanted = new Set(keys)
  const found = new Map<string, ObjectInfo>()
  let pages = 0
  for await (const { objects } of listPages(client, { prefix: first.slice(0, shared), maxKeys: PAGE_SIZE })) {
    for (const info of objects) if (wanted.has(info.path)) found.set(info.path, info)
    const isPast = (objects.at(-1)?.path ?? '') >= last
    if (isPast || ++pages > keys.length / MAX_HEADS) break
  }
  return found
}

/** Runs work on each item, several at once. Returns the results in the order of the items. */
async function eachOf<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  for (let from = 0; from < items.length; from += MAX_HEADS) {
    results.push(...(await Promise.all(items.slice(from, from + MAX_HEADS).map(work))))
  }
  return results
}

function infoOf(path: string, headers: Headers): ObjectInfo {
  return {
    path,
    sizeBytes: Number(headers.get('content-length') ?? 0),
    modifiedMs: Date.parse(headers.get('last-modified') ?? ''),
    tag: headers.get('etag') ?? undefined,
  }
}

/**
 * Returns the time of an object that was just written, by the clock of the store: that has whole seconds, so the clock of this machine is used if both
 * agree.
 */
function writtenMs({ headers }: S3Answer): number {
  const ours = Date.now()
  const theirs = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(theirs) || Math.abs(theirs - ours) < 2000 ? ours : theirs + 999
}

/** Returns bytes that no thread shares, as requests need them. */
function ownBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes)
}

function byPath(a: ObjectInfo, b: ObjectInfo): number {
  return a.path < b.path ? -1 : 1
}
