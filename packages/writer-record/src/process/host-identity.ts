import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { processFacts } from './process-table.ts'

/** The identity of a process that no other process ever has: the machine, its boot, the process id, and the start of the process. */
export interface ProcessIdentity {
  /** The name of the host, and the namespace of process ids, which differs between containers. */
  readonly host: string
  /** Differs after each boot; undefined on systems that have no such id. */
  readonly bootId?: string | undefined
  readonly pid: number
  readonly start?: string | undefined
}

/** Returns the identity of this process. */
export function ownIdentity(): ProcessIdentity {
  return { ...hostIdentity(), pid: process.pid, start: processFacts('self')?.start }
}

/** Returns the host and its boot. */
export function hostIdentity(): Pick<ProcessIdentity, 'host' | 'bootId'> {
  return { host: hostName(), bootId: bootId() }
}

/** Returns the part of a host identity that people know. */
export function shownHost(host: string): string {
  return host.slice(0, host.indexOf('/') === -1 ? undefined : host.indexOf('/'))
}

function hostName(): string {
  try {
    return `${hostname()}/${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return hostname()
  }
}

function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return undefined
  }
}
