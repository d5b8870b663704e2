import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Returns the address of the lock of a key: an abstract socket on Linux, a named pipe on Windows, a socket file in the temporary folder elsewhere.
 */
export function lockAddress(key: string, platform: NodeJS.Platform = process.platform): string {
  const name = `forge-writer-${createHash('sha256').update(key).digest('hex').slice(0, 40)}`
  if (platform === 'linux' || platform === 'android') return `\0${name}`
  return platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`)
}

/** Returns true if the address is a file, which remains when its owner dies. */
export function isSocketFile(address: string): boolean {
  return !address.startsWith('\0') && !address.startsWith('\\\\')
}
