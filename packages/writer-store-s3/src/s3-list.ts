import type { ObjectInfo } from '@forge/writer-storage-delta/stores'
import { SaxesParser } from 'saxes'
import type { S3Client } from './s3-client.ts'

export interface ListRequest {
  /** The start of the keys. */
  readonly prefix: string
  /** Lists keys up to the next slash only. Default false. */
  readonly isFlat?: boolean | undefined
  /** Lists keys after this one. Default: all. */
  readonly after?: string | undefined
  /** The number of keys in an answer. Default 1,000. */
  readonly maxKeys?: number | undefined
}

/** A page of a listing, with whole keys. */
export interface ListPage {
  readonly objects: readonly ObjectInfo[]
  /** The keys up to the next slash, in a flat listing. */
  readonly folders: readonly string[]
}

/** Yields the pages of a listing. */
export async function* listPages(
  client: S3Client,
  { prefix, isFlat = false, after, maxKeys }: ListRequest,
): AsyncGenerator<ListPage> {
  let token: string | undefined
  do {
    const { bytes } = await client.send({
      method: 'GET',
      key: '',
      query: {
        'list-type': '2',
        // XML cannot hold every character of a key.
        'encoding-type': 'url',
        ...(prefix !== '' && { prefix }),
        ...(isFlat && { delimiter: '/' }),
        ...(after !== undefined && token === undefined && { 'start-after': after }),
        ...(maxKeys !== undefined && { 'max-keys': String(maxKeys) }),
        ...(token !== undefined && { 'continuation-token': token }),
      },
    })
    const page = parsePage(new TextDecoder().decode(bytes))
    yield page
    token = page.next
  } while (token !== undefined)
}

interface ParsedPage extends ListPage {
  readonly next: string | undefined
}

function parsePage(xml: string): ParsedPage {
  const objects: ObjectInfo[] = []
  const folders: string[] = []
  const path: string[] = []
  let text = ''
  let fields = new Map<string, string>()
  let next: string | undefined
  let isEncoded = false
  const parser = new SaxesParser()
  parser.on('opentag', ({ name }) => {
    path.push(name)
    text = ''
    if (name === 'Contents') fields = new Map()
  })
  parser.on('text', (part) => {
    text += part
  })
  parser.on('closetag', ({ name }) => {
    path.pop()
    const parent = path.at(-1)
    if (parent === 'Contents') fields.set(name, text)
    if (name === 'Contents') objects.push(objectOf(fields))
    if (parent === 'CommonPrefixes' && name === 'Prefix') folders.push(text)
    if (path.length === 1 && name === 'NextContinuationToken') next = text
    if (path.length === 1 && name === 'EncodingType') isEncoded = text === 'url'
  })
  parser.write(xml).close()
  const decode = (key: string) => (isEncoded ? decodeURIComponent(key.replaceAll('+', ' ')) : key)
  return {
    // Some services show a folder as an empty object whose key ends in a slash.
    objects: objects.flatMap((info) => (info.path.endsWith('/') ? [] : { ...info, path: decode(info.path) })),
    folders: folders.map(decode),
    next: next || undefined,
  }
}

function objectOf(fields: ReadonlyMap<string, string>): ObjectInfo {
  return {
    path: fields.get('Key') ?? '',
    sizeBytes: Number(fields.get('Size') ?? 0),
    modifiedMs: Date.parse(fields.get('LastModified') ?? ''),
  }
}
