import { randomBytes, randomUUID } from 'node:crypto'
import type { ObjectInfo } from './object-store.ts'
import { OWNER_DIGITS, ownerMark, ownerState } from './owner.ts'

/** Writing a file takes less: what nobody is known to write any more was left behind. */
const LEFT_BEHIND_MS = 3_600_000
/** No process writes a file for so long: its id belongs to another by then. */
const ID_REUSED_MS = 7 * 24 * LEFT_BEHIND_MS

const HEX = '[0-9a-f]'
/** A file before it takes its name. The engine puts `tmp_` before it while it writes; files of older versions bear no mark. */
const TEMPORARY = new RegExp(`(?:^|/)(?:tmp_)?\\.(?:(${HEX}{${OWNER_DIGITS}})-)?[0-9a-f-]{36}\\.tmp$`)
const DATA = new RegExp(`(?:^|/)part-(${HEX}{${OWNER_DIGITS}})${HEX}{16}-`)

/** A name of its own for a file that is not whole yet; no reader looks at it. */
export function temporaryName(): string {
  return `.${ownerMark()}-${randomUUID()}.tmp`
}

/** What the names of data files of one statement begin with, by which its files are found. */
export function dataFileMark(): string {
  return `part-${ownerMark()}${randomBytes(8).toString('hex')}-`
}

export function isTemporary(path: string): boolean {
  return TEMPORARY.test(path)
}

/** Whether a temporary file was left by a process that was killed. Never true of a file that a living process of this machine writes. */
export function isLeftBehind({ path, modifiedMs }: ObjectInfo, nowMs: number): boolean {
  const match = TEMPORARY.exec(path)
  if (match === null) return false
  const state = ownerState(match[1])
  if (state === 'gone') return true
  return nowMs - modifiedMs > (state === 'alive' ? ID_REUSED_MS : LEFT_BEHIND_MS)
}

/** Whether a living process of this machine made the data file, so that its commit may be about to come. */
export function isOfLivingWriter(path: string): boolean {
  return ownerState(DATA.exec(path)?.[1]) === 'alive'
}
