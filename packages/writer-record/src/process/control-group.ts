import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The control group of this process, if no other processes than this one and its command are in it. */
export interface ControlGroup {
  /** Returns the peak of the memory of the group so far, in bytes. Undefined if others share the group, or the system does not say. */
  peakBytes(own: ReadonlySet<number>): number | undefined
}

/** Returns the control group (version 2) of this process. `root` is the folder of all groups. Undefined on systems without them. */
export function controlGroup({ proc = '/proc/self/cgroup', root = '/sys/fs/cgroup' } = {}): ControlGroup | undefined {
  const [, path] = /^0::(\/.*)$/m.exec(textOf(proc) ?? '') ?? []
  if (path === undefined) return undefined
  const folder = join(root, path)
  if (textOf(join(folder, 'memory.peak')) === undefined) return undefined
  return {
    peakBytes(own) {
      const pids = textOf(join(folder, 'cgroup.procs'))
        ?.split('\n')
        .filter((line) => line !== '')
      const bytes = Number(textOf(join(folder, 'memory.peak')))
      return pids?.every((pid) => own.has(Number(pid))) && bytes > 0 ? bytes : undefined
    },
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}
