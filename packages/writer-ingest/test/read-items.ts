import { Readable } from 'node:stream'
import type { LogRowInput } from '@forge/writer-core'
import type { AdapterOptions, IngestItem } from '../src/adapter.ts'
import { detectFormat } from '../src/detect.ts'
import { instantReader } from '../src/mapping/instant.ts'
import { openInput, openStream } from '../src/reading/input.ts'

/** What the adapter that recognises a file yields. */
export async function readFileItems(path: string): Promise<IngestItem[]> {
  return readItems(await openInput(path))
}

/** The same of text; `name` stands for the name of its file. */
export async function readTextItems(
  text: string | Uint8Array,
  name: string,
  options: Partial<AdapterOptions> = {},
  chunkBytes = Number.MAX_SAFE_INTEGER,
): Promise<IngestItem[]> {
  const bytes = Buffer.from(text)
  function* chunks() {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
  }
  return readItems(await openStream(Readable.from(chunks()), { name }), options)
}

export function rowsOf(items: readonly IngestItem[]): LogRowInput[] {
  return items.flatMap((item) => (item.kind === 'row' ? [item.row] : []))
}

async function readItems(
  input: Awaited<ReturnType<typeof openInput>>,
  options: Partial<AdapterOptions> = {},
): Promise<IngestItem[]> {
  const adapter = detectFormat(input)
  if (!adapter) throw new Error('no adapter recognises it')
  const items: IngestItem[] = []
  for await (const item of adapter.read(input, { instants: instantReader(), ...options })) items.push(item)
  return items
}
