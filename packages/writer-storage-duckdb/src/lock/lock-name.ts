import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where the lock of a key lives: an abstract socket on Linux, a named pipe on Windows, elsewhere a socket file in the temporary folder. */
export function lockAddress(key: string, platform: NodeJS.Platform = process.platform): string {
  const name = `forge-writer-${createHash('sha256').update(key).digest('hex').slice(0, 40)}`
  if (platform === 'linux' || platform === 'android') return `\0${name}`
  return platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`)
}

/** Whether the address is a file that outlives its owner. */
export function isSocketFile(address: string): boolean {
  return !address.startsWith('\0') && !address.startsWith('\\\\')
}
