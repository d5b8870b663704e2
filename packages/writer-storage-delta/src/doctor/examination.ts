import type { DoctorCheck } from '@forge/writer-core'
import type { AddFile } from '../actions/actions.ts'
import type { CheckpointFiles } from '../log/log-segment.ts'
import type { Snapshot } from '../log/snapshot.ts'

/** The findings of the checks of one table, and what can be repaired. */
export interface Examination {
  readonly checks: readonly DoctorCheck[]
  /** The newest version; undefined if the log cannot be read. */
  readonly snapshot: Snapshot | undefined
  /** The checkpoints that cannot be read. Versions are read from earlier checkpoints or commits. */
  readonly damagedCheckpoints: readonly CheckpointFiles[]
  /** True if `_last_checkpoint` names a checkpoint that does not exist. */
  readonly hasWrongHint: boolean
  /** The files of the newest version whose rows can no longer be read. */
  readonly lostFiles: readonly AddFile[]
  /** The unfinished files that killed processes left. */
  readonly leftovers: readonly string[]
}

/** Formats a count with its noun: `1 file`, `2 files`. */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** Returns the check: `found` if there is a finding, otherwise status ok with the text `fine`. */
export function checkOf(
  name: string,
  fine: string,
  found?: { readonly status: 'warning' | 'problem'; readonly detail: string; readonly suggestion?: string | undefined },
): DoctorCheck {
  return found ? { name, ...found } : { name, status: 'ok', detail: fine }
}
