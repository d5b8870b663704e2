import { createHash } from 'node:crypto'
import { readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { errorCode } from './error-code.ts'

/** The number of hexadecimal digits of an owner mark. */
export const OWNER_DIGITS = 16

/** The state of the process that created a file. `unknown`: it runs on another machine, or left no mark. */
export type OwnerState = 'alive' | 'gone' | 'unknown'

let place: string | undefined

/** Returns the mark of this process for the names of its files: its machine, and its process id there. */
export function ownerMark(pid = process.pid): string {
  place ??= createHash('sha256').update(`${hostname()}\n${processSpace()}`).digest('hex').slice(0, 8)
  return place + pid.toString(16).padStart(8, '0')
}

/** Returns the state of the process with that mark. A process that reuses the id of another counts as the same. */
export function ownerState(mark: string | undefined): OwnerState {
  const pid = mark === undefined ? Number.NaN : Number.parseInt(mark.slice(8), 16)
  if (Number.isNaN(pid) || ownerMark(pid) !== mark) return 'unknown'
  try {
    process.kill(pid, 0)
    return 'alive'
  } catch (error) {
    return errorCode(error) === 'ESRCH' ? 'gone' : 'alive'
  }
}

/** The identity of the machine. Containers of one machine may share a name and a folder, and each numbers its processes separately. */
function processSpace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}
