import { constants, createWriteStream, openSync } from 'node:fs'
import { lstat, open, stat } from 'node:fs/promises'
import { Socket } from 'node:net'
import { Writable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'

/**
 * Opens what is at the path for writing if it is a character device, a named pipe, or an open descriptor of the process such as `/dev/stdout` and
 * `/dev/fd/3`. Returns undefined for everything else, and for a pipe of another user outside of `/dev`.
 */
export async function openDevice(path: string, signal?: AbortSignal): Promise<Writable | undefined> {
  const fd = descriptorOf(path)
  if (fd === 1 || fd === 2) return writerTo(fd === 1 ? process.stdout : process.stderr)
  // Opened by its name, a file behind a descriptor would be written from its beginning.
  if (fd !== undefined) return createWriteStream('', { fd, autoClose: false })
  const kind = await deviceKind(path)
  if (kind === 'pipe') return openPipe(path, signal)
  return kind === 'device' ? (await open(path, constants.O_WRONLY)).createWriteStream() : undefined
}

const READER_WAIT_MS = 50

/** Waits for a reader of the pipe. A blocked call of the system could not be ended, not even by the end of the process. */
async function openPipe(path: string, signal: AbortSignal | undefined): Promise<Writable> {
  for (;;) {
    try {
      const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
      return new Socket({ fd, readable: false, writable: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error
      await setTimeout(READER_WAIT_MS, undefined, { signal })
    }
  }
}

/** Returns whether {@link openDevice} opens what is at the path. */
export async function isDevicePath(path: string): Promise<boolean> {
  return descriptorOf(path) !== undefined || (await deviceKind(path)) !== undefined
}

function descriptorOf(path: string): number | undefined {
  if (path === '/dev/stdout') return 1
  if (path === '/dev/stderr') return 2
  const number = /^\/(?:dev|proc\/self)\/fd\/(\d{1,5})$/.exec(path)?.[1]
  return number === undefined ? undefined : Number(number)
}

/** Returns a stream whose end does not close the other one. */
function writerTo(stream: NodeJS.WriteStream): Writable {
  return new Writable({ write: (chunk: Uint8Array, _encoding, done) => void stream.write(chunk, done) })
}

async function deviceKind(path: string): Promise<'device' | 'pipe' | undefined> {
  const isSystem = path.startsWith('/dev/')
  // Devices are links now and then; elsewhere a link is not followed.
  const found = await (isSystem ? stat(path) : lstat(path)).catch(() => undefined)
  if (!found?.isCharacterDevice() && !found?.isFIFO()) return undefined
  const isTrusted = isSystem || process.getuid === undefined || found.uid === 0 || found.uid === process.getuid()
  if (!isTrusted) return undefined
  return found.isFIFO() ? 'pipe' : 'device'
}
