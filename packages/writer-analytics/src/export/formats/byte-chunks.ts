const CHUNK_CHARACTERS = 256 * 1024

/** Encodes texts as UTF-8, and joins several into one chunk. */
export async function* byteChunks(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  let pending: string[] = []
  let characters = 0
  for await (const text of texts) {
    pending.push(text)
    characters += text.length
    if (characters < CHUNK_CHARACTERS) continue
    yield Buffer.from(pending.join(''), 'utf8')
    pending = []
    characters = 0
  }
  if (characters > 0) yield Buffer.from(pending.join(''), 'utf8')
}
