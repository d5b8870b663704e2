import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const DISK_MIB = 192
const BLOCK = Buffer.alloc(256 * 1024, 0x5a)

/** A small disk in memory, which can be full; a plain folder if this process may not mount one. */
export interface Disk {
  readonly path: string
  /** False if it cannot be filled. */
  readonly isBounded: boolean
  /** Writes until nothing more fits. */
  fill(): void
  /** Frees what {@link fill} took. */
  free(): void
  remove(): void
}

export function createDisk(folder: string): Disk {
  const path = join(folder, 'disk')
  mkdirSync(path, { recursive: true })
  const mounting = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', path])
  const isBounded = mounting.status === 0
  const ballast = join(path, '.ballast')
  return {
    path: join(path, 'table'),
    isBounded,
    fill: () => isBounded && fillUp(ballast),
    free: () => rmSync(ballast, { force: true }),
    remove() {
      if (isBounded) spawnSync('umount', ['-l', path])
      if (existsSync(folder)) rmSync(folder, { recursive: true, force: true })
    },
  }
}

function fillUp(path: string): void {
  const file = openSync(path, 'a')
  try {
    for (let size = BLOCK.length; size >= 1024; ) {
      try {
        writeSync(file, BLOCK, 0, size)
      } catch {
        size = Math.floor(size / 2)
      }
    }
  } finally {
    closeSync(file)
  }
}
