import { randomUUID } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** A process, as far as another one can tell whether it still lives. */
interface ProcessIdentity {
  readonly host: string
  /** Differs after each start of the machine; null where it cannot be read. */
  readonly boot: string | null
  /** Of the process ids: containers of one machine have several. */
  readonly space: string | null
  readonly pid: number
  /** In clock ticks since the start of the machine; null where it cannot be read. */
  readonly start: string | null
}

/** Names this process, and by a random part the one who asks, in text that {@link isProvenDead} reads. */
export function newOwner(): string {
  return JSON.stringify({ ...ownIdentity(), part: randomUUID().slice(0, 8) })
}

/** Whether the process of an owner certainly does not live any more. False where that cannot be told, as for processes of other machines. */
export function isProvenDead(owner: string): boolean {
  const other = parsed(owner)
  const own = ownIdentity()
  if (!other || other.host !== own.host || own.boot === null || other.boot === null) return false
  if (other.boot !== own.boot) return true
  if (own.space === null || other.space !== own.space || other.start === null) return false
  return startOf(other.pid) !== other.start
}

/** `process 4711 on db-1`, or the text itself. */
export function ownerText(owner: string): string {
  const other = parsed(owner)
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

/** Field 22 of the process's status; the name before it may hold blanks and brackets. Null for no process, and for one that only waits to be reaped. */
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

function parsed(owner: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(owner)
    return typeof value === 'object' && value !== null && 'pid' in value ? (value as ProcessIdentity) : undefined
  } catch {
    return undefined
  }
}
