import type { Status } from '../mapping/status.ts'

const WORDS: Readonly<Record<string, Status>> = {
  success: 'success',
  pass: 'success',
  warn: 'warn',
  fail: 'failed',
  error: 'error',
  'runtime error': 'error',
  'partial success': 'error',
  'no-op': 'noop',
}

/** Statuses of the results of one run: what `skipped` means depends on whether anything failed in it. */
export interface StatusReader {
  read(word: string): Status
  /** Words that no version of dbt was known to write. */
  readonly unknown: ReadonlySet<string>
}

export function statusReader(words: Iterable<string>): StatusReader {
  const unknown = new Set<string>()
  const known = (word: string) => (Object.hasOwn(WORDS, word) ? WORDS[word] : undefined)
  const hasFailed = [...words].some((word) => ['failed', 'error'].includes(known(word) ?? ''))
  return {
    read(word) {
      if (word === 'skipped') return hasFailed ? 'upstream_failed' : 'skipped'
      const status = known(word)
      if (status === undefined) unknown.add(word)
      return status ?? 'error'
    },
    unknown,
  }
}
