import { isWriterError, WriterTableError } from '@forge/writer-core'
import { ZodError } from 'zod'
import { problemsOf } from './mapping/problems.ts'
import type { IngestReport } from './report.ts'

/** The error for a file that cannot be read to its end. Records before that point are stored; `report` counts them. */
export class IngestReadError extends WriterTableError {
  override name = 'IngestReadError'
  /** The counts so far; undefined if not even the beginning could be read. */
  readonly report: IngestReport | undefined

  constructor(file: string, cause: unknown, report?: IngestReport) {
    super(`cannot read ${file}: ${reasonOf(cause)}`, {
      context: {
        file,
        ...causeOf(cause),
        ...(report && { records: report.records, written: report.written }),
      },
      suggestions: isWriterError(cause) ? cause.suggestions : [],
      cause,
    })
    this.report = report
  }
}

/** Yields the items up to the first read failure. Configuration errors are thrown. */
export async function* untilFailure<Item>(
  items: AsyncIterable<Item>,
  failed: (error: unknown) => void,
): AsyncGenerator<Item> {
  try {
    yield* items
  } catch (error) {
    if (isWriterError(error, 'CONFIGURATION')) throw error
    failed(error)
  }
}

/** Returns the code of the cause, such as `ENOENT`, if it has one. */
function causeOf(error: unknown): { readonly cause?: string | undefined } {
  const { code } = (error ?? {}) as NodeJS.ErrnoException
  return typeof code === 'string' ? { cause: code } : {}
}

const SYSTEM_REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ENOENT: 'file not found',
  Z_BUF_ERROR: 'the gzip data is truncated',
  Z_DATA_ERROR: 'not a gzip file, or damaged',
}

function reasonOf(error: unknown): string {
  if (error instanceof ZodError) return problemsOf(error)
  if (!(error instanceof Error)) return String(error)
  const { code } = error as NodeJS.ErrnoException
  return (code !== undefined && SYSTEM_REASONS[code]) || error.message
}
