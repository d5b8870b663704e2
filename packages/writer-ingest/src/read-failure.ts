import { isWriterError, WriterTableError } from '@forge/writer-core'
import { ZodError } from 'zod'
import { problemsOf } from './mapping/problems.ts'
import type { IngestReport } from './report.ts'

/** A file that cannot be read to its end. What was read before is recorded: `report` counts it. */
export class IngestReadError extends WriterTableError {
  override name = 'IngestReadError'
  /** Undefined where not even the beginning could be read. */
  readonly report: IngestReport | undefined

  constructor(file: string, cause: unknown, report?: IngestReport) {
    super(`${file} cannot be read: ${reasonOf(cause)}`, {
      context: { file, ...(report && { records: report.records, written: report.written }) },
      suggestions: isWriterError(cause) ? cause.suggestions : [],
      cause,
    })
    this.report = report
  }
}

/** The items, up to the first failure to read; what is wrong with the settings is thrown at once. */
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

const SYSTEM_REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  ENOENT: 'it is not there',
  Z_BUF_ERROR: 'the compressed data ends early',
  Z_DATA_ERROR: 'it is not compressed with gzip, or damaged',
}

function reasonOf(error: unknown): string {
  if (error instanceof ZodError) return problemsOf(error)
  if (!(error instanceof Error)) return String(error)
  const { code } = error as NodeJS.ErrnoException
  return (code !== undefined && SYSTEM_REASONS[code]) || error.message
}
