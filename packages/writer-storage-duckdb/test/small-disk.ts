import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'vitest'
import { freshPath } from './log-rows.ts'

const canMount = process.platform === 'linux' && process.getuid?.() === 0

/** A test on a disk of that size, such as `8m`; it is skipped without the right to mount one. */
export function withSmallDisk(size: string): (name: string, run: (disk: string) => Promise<void>) => void {
  return (name, run) =>
    test.skipIf(!canMount)(
      `${name} (skipped without root: mounts a tmpfs)`,
      { tags: 'processes' },
      async (context: TestContext) => {
        const disk = join(dirname(freshPath()), 'disk')
        mkdirSync(disk)
        if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk]).status !== 0)
          return context.skip('mount is not allowed here')
        try {
          await run(disk)
        } finally {
          spawnSync('umount', ['-l', disk])
        }
      },
    )
}
