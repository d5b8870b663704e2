import type { Status } from '../mapping/status.ts'

const CONCLUSIONS: Readonly<Record<string, Status>> = {
  success: 'success',
  neutral: 'success',
  failure: 'failed',
  startup_failure: 'error',
  action_required: 'error',
  timed_out: 'timeout',
  cancelled: 'cancelled',
  stale: 'cancelled',
  skipped: 'skipped',
}

/** The status of a conclusion; undefined for a word that is not known. */
export function statusOf(conclusion: string): Status | undefined {
  return Object.hasOwn(CONCLUSIONS, conclusion) ? CONCLUSIONS[conclusion] : undefined
}
