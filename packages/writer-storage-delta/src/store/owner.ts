import { createHash } from 'node:crypto'
import { readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { errorCode } from './error-code.ts'

/** Hexadecimal digits of an owner mark. */
export const OWNER_DIGITS = 16

/** What is known of the process that made a file. `unknown`: it runs elsewhere, or left no mark. */
export type OwnerState = 'alive' | 'gone' | 'unknown'

let place: string | undefined

/** A mark of this process in the names of its files: where it runs, and its id there. */
export function ownerMark(pid = process.pid): string {
  place ??= createHash('sha256').update(`${hostname()}\n${processSpace()}`).digest('hex').slice(0, 8)
  return place + pid.toString(16).padStart(8, '0')
}

/** Whether the process of that mark still runs. A process that was given the id of another passes for it. */
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

/** Containers of one machine may share a name and a folder, and each counts its processes anew. */
function processSpace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}
