import { Client } from 'pg'
import type { ServerPlace } from '../connection/address.ts'
import { clientOptions } from '../connection/connections.ts'
import { CHANGES } from './journal.ts'

/** Listens to the notifications of commits. */
export interface Changes {
  /**
   * Calls the listener after each notified commit, and whenever the connection was made, as commits may have been missed before. A lost connection is made
   * again. Returns the function that ends it.
   */
  listen(listener: () => void): () => Promise<void>
  close(): Promise<void>
}

export function changesOf(place: ServerPlace): Changes {
  const open = new Set<() => Promise<void>>()
  return {
    listen(listener) {
      const end = listen(place, listener)
      const endOnce = async () => {
        if (open.delete(endOnce)) await end()
      }
      open.add(endOnce)
      return endOnce
    },
    async close() {
      await Promise.all([...open].map((end) => end()))
    },
  }
}

const FIRST_PAUSE_MS = 100
const MAX_PAUSE_MS = 10_000

function listen(place: ServerPlace, listener: () => void): () => Promise<void> {
  let client: Client | undefined
  let timer: NodeJS.Timeout | undefined
  let isOver = false
  let pauseMs = FIRST_PAUSE_MS
  const repeat = (lost: Client) => {
    if (isOver || client !== lost) return
    client = undefined
    timer = setTimeout(() => void connect(), pauseMs)
    timer.unref()
    pauseMs = Math.min(MAX_PAUSE_MS, 2 * pauseMs)
  }
  const connect = async () => {
    const own = new Client(clientOptions(place))
    client = own
    // The end of the connection follows each of its errors.
    own.on('error', () => undefined)
    own.on('end', () => repeat(own))
    own.on('notification', () => listener())
    try {
      await own.connect()
      await own.query(`listen ${CHANGES}`)
      pauseMs = FIRST_PAUSE_MS
      if (!isOver) listener()
    } catch {
      repeat(own)
      await own.end().catch(() => undefined)
    }
  }
  void connect()
  return async () => {
    isOver = true
    clearTimeout(timer)
    await client?.end().catch(() => undefined)
  }
}
