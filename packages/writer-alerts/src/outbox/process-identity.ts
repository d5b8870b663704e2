import { randomUUID } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** The facts by which another process can determine whether this one is still alive. */
interface ProcessIdentity {
  readonly host: string
  /** The id of the boot of the machine; null if it cannot be read. */
  readonly boot: string | null
  /** The namespace of the process id: containers of one machine have several. */
  readonly space: string | null
  readonly pid: number
  /** The start of the process in clock ticks since the start of the machine; null if it cannot be read. */
  readonly start: string | null
}

/** Returns a text that identifies this process, and by a random part the caller, which {@link isProvenDead} reads. */
export function newOwner(): string {
  return JSON.stringify({ ...ownIdentity(), part: randomUUID().slice(0, 8) })
}

/** Returns whether the process of an owner has certainly ended. False if that is unknown, as for processes of other machines. */
export function isProvenDead(owner: string): boolean {
  const other = parseIdentity(owner)
  const own = ownIdentity()
  if (!other || other.host !== own.host || own.boot === null || other.boot === null) return false
  if (other.boot !== own.boot) return true
  if (own.space === null || other.space !== own.space || other.start === null) return false
  return startOf(other.pid) !== other.start
}

/** Returns a text such as `process 4711 on db-1`, or the owner itself. */
export function ownerText(owner: string): string {
  const other = parseIdentity(owner)
  return other ? `process ${other.pid} on ${other.host}` : owner
}

let known: ProcessIdentity | undefined

function ownIdentity(): ProcessIdentity {
  known ??= {
    host: hostname(),
    boot: textOf('/proc/sys/kernel/random/boot_id'),
    space: linkOf('/proc/self/ns/pid'),
    pid: process.pid,
    start: startOf(process.pid),
  }
  return known
}

/**
 * Returns the start time of a process: field 22 of its status, counted after the name, which may contain blanks and brackets. Null if the process does
 * not exist, or only waits to be reaped.
 */
function startOf(pid: number): string | null {
  const status = textOf(`/proc/${pid}/stat`)
  const fields = status?.slice(status.lastIndexOf(')') + 2).split(' ')
  return fields === undefined || fields[0] === 'Z' ? null : (fields[19] ?? null)
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return null
  }
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}

function parseIdentity(owner: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(owner)
    return typeof value === 'object' && value !== null && 'pid' in value ? (value as ProcessIdentity) : undefined
  } catch {
    return undefined
  }
}
