import type { DoctorCheck } from '@forge/writer-core'
import type { AddFile } from '../log/actions.ts'
import type { CheckpointFiles } from '../log/log-segment.ts'
import type { Snapshot } from '../log/snapshot.ts'

/** What a look at one table found, and what could be mended. */
export interface Examination {
  readonly checks: readonly DoctorCheck[]
  /** The newest version; undefined where the log cannot be read. */
  readonly snapshot: Snapshot | undefined
  /** Checkpoints that cannot be read; versions are read from what is before them. */
  readonly damagedCheckpoints: readonly CheckpointFiles[]
  /** `_last_checkpoint` names a checkpoint that is not there. */
  readonly hasWrongHint: boolean
  /** Files of the newest version whose rows cannot be read any more. */
  readonly lostFiles: readonly AddFile[]
  /** What killed processes left in the middle of writing it. */
  readonly leftovers: readonly string[]
}

/** `1 file`, `2 files` */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** The check by its status: what it says where there is nothing to find, else what was found. */
export function checkOf(
  name: string,
  fine: string,
  found?: { readonly status: 'warning' | 'problem'; readonly detail: string; readonly suggestion?: string },
): DoctorCheck {
  return found ? { name, ...found } : { name, status: 'ok', detail: fine }
}
