import { spawnSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A pipe of the system: what the command writes to one end is read from the other. */
export interface Pipe {
  readonly readFd: number
  /** The end for the command. It must be closed here once the command has started, or the other end never ends. */
  readonly writeFd: number
}

/**
 * Opens a pipe. Node offers sockets instead, through which a command cannot open `/dev/stderr` or `/dev/stdout` again, as `tee /dev/stderr` does.
 * Returns undefined if that is not possible.
 */
export function openPipe(): Pipe | undefined {
  for (const folder of [tmpdir(), '/dev/shm']) {
    try {
      return openIn(folder)
    } catch {
      // The next folder may have space or be writable.
    }
  }
  return undefined
}

function openIn(parent: string): Pipe {
  const folder = mkdtempSync(join(parent, 'forge-writer-'))
  const path = join(folder, 'pipe')
  let readFd: number | undefined
  try {
    const { status } = spawnSync('mkfifo', ['-m', '600', path], { stdio: 'ignore' })
    if (status !== 0) throw new Error('mkfifo failed')
    // The end for reading comes first: opening the other one waits for a reader.
    readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    return { readFd, writeFd: openSync(path, constants.O_WRONLY) }
  } catch (error) {
    if (readFd !== undefined) closeSync(readFd)
    throw error
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
