import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { OWN_SCHEMA } from '../journal/journal-sql.ts'

/** The first entry of a log that does not name its database: logs of storage versions below v1.4.0. The engine compares the names of all others. */
const NAMELESS_START = Buffer.from('640062650002ffff', 'hex')
/** The entry that ends a transaction. The engine drops what follows the last of them. */
const TRANSACTION_END = Buffer.from('640064ffff', 'hex')
/** The length of an entry and its checksum, 8 bytes each. */
const HEADER_BYTES = 16

/**
 * Returns true if the engine would replay a log of which nothing shows that it belongs to its file: it does not name its database, it has a whole
 * transaction, and it never mentions the journal, to which every commit of this package adds an entry. A log that cannot be understood returns false.
 */
export async function isLogOfOtherProgram(log: string): Promise<boolean> {
  return !(await mentionsJournal(log)) && (await hasNamelessTransaction(log))
}

async function mentionsJournal(log: string): Promise<boolean> {
  let rest = ''
  for await (const bytes of createReadStream(log, { highWaterMark: 1024 * 1024 })) {
    const text = rest + (bytes as Buffer).toString('latin1')
    if (text.includes(OWN_SCHEMA)) return true
    rest = text.slice(-OWN_SCHEMA.length)
  }
  return false
}

async function hasNamelessTransaction(log: string): Promise<boolean> {
  const file = await open(log, 'r')
  try {
    const { size } = await file.stat()
    const readAt = async (position: number, bytes: number) =>
      (await file.read(Buffer.alloc(bytes), 0, bytes, position)).buffer
    if (!(await readAt(0, NAMELESS_START.length)).equals(NAMELESS_START)) return false
    for (let at = NAMELESS_START.length; at + HEADER_BYTES < size; ) {
      const bytes = Number((await readAt(at, HEADER_BYTES)).readBigUInt64LE())
      const end = at + HEADER_BYTES + bytes
      if (bytes === 0 || end > size) return false
      if (bytes === TRANSACTION_END.length && (await readAt(end - bytes, bytes)).equals(TRANSACTION_END)) return true
      at = end
    }
    return false
  } finally {
    await file.close()
  }
}
