/** What became of a step, in one vocabulary for all sources; kept in `metadata.status`. */
export type Status =
  | 'success'
  | 'warn'
  | 'failed'
  | 'error'
  | 'timeout'
  | 'cancelled'
  | 'skipped'
  | 'upstream_failed'
  | 'noop'
  | 'lost'

const SUCCESSFUL: ReadonlySet<Status> = new Set(['success', 'warn', 'skipped', 'noop'])

/** The table's `success` of a status. */
export function isSuccess(status: Status): boolean {
  return SUCCESSFUL.has(status)
}

/** Of a whole run: the gravest of its steps'. */
export function runStatus(steps: Iterable<Status>): Status {
  const all = new Set(steps)
  return (
    (['error', 'timeout', 'failed', 'cancelled', 'lost', 'warn'] as const).find((each) => all.has(each)) ?? 'success'
  )
}
