import { randomBytes, randomUUID } from 'node:crypto'
import type { ObjectInfo } from './object-info.ts'
import { OWNER_DIGITS, ownerMark, ownerState } from './owner.ts'

/** The age from which a file without a known writer counts as left behind: writing takes less time. */
const LEFT_BEHIND_MS = 3_600_000
/** The age from which a file counts as left behind even if a process with its writer's id runs: that id belongs to another process by then. */
const ID_REUSED_MS = 7 * 24 * LEFT_BEHIND_MS

const HEX = '[0-9a-f]'
/** Matches a file that is not complete yet. While it writes, the engine adds `tmp_` to the front; files of older versions have no mark. */
const TEMPORARY = new RegExp(`(?:^|/)(?:tmp_)?\\.(?:(${HEX}{${OWNER_DIGITS}})-)?[0-9a-f-]{36}\\.tmp$`)
const DATA = new RegExp(`(?:^|/)part-(${HEX}{${OWNER_DIGITS}})${HEX}{16}-`)

/** Returns a unique name for an incomplete file, which no reader reads. */
export function temporaryName(): string {
  return `.${ownerMark()}-${randomUUID()}.tmp`
}

/** Returns the prefix of the names of a statement's data files, by which they are found. */
export function dataFileMark(): string {
  return `part-${ownerMark()}${randomBytes(8).toString('hex')}-`
}

export function isTemporary(path: string): boolean {
  return TEMPORARY.test(path)
}

/** Returns true if a killed process left the temporary file. Never true for a file that a running process of this machine writes. */
export function isLeftBehind({ path, modifiedMs }: ObjectInfo, nowMs: number): boolean {
  const match = TEMPORARY.exec(path)
  if (match === null) return false
  const state = ownerState(match[1])
  if (state === 'gone') return true
  return nowMs - modifiedMs > (state === 'alive' ? ID_REUSED_MS : LEFT_BEHIND_MS)
}

/** Returns true if a running process of this machine created the data file, so that its commit may still follow. */
export function isOfLivingWriter(path: string): boolean {
  return ownerState(DATA.exec(path)?.[1]) === 'alive'
}
