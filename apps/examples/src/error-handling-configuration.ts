import { createWriter } from '@forge/writer'
import { isWriterError } from '@forge/writer-core'
import { flakyStorage } from './flaky-storage.ts'
import { makeRow } from './log-row.ts'

/** Guide, "Error Handling Configuration" and "Retry Mechanisms": transient errors are retried, others fail immediately. */
export async function main() {
  return {
    recovered: await write('busy', 2),
    exhausted: await write('busy', 100),
    broken: await write('broken', 1),
  }
}

async function write(kind: 'busy' | 'broken', failures: number) {
  const storage = flakyStorage(failures, kind)
  await using writer = await createWriter({
    storage,
    tableSchema: 'analytics',
    tableName: 'pipeline_logs',
    maxRetries: 3,
    retryDelaySecs: 0.001,
    retryExponentialBackoff: true,
    failFast: false,
  })
  try {
    const { rowsWritten } = await writer.writeLogRows([makeRow()])
    return { attempts: storage.attempts, rowsWritten }
  } catch (error) {
    if (!isWriterError(error)) throw error
    console.log(`Operation failed after retries: ${error.message}`)
    console.log(`Context: ${JSON.stringify(error.context)}`)
    console.log(`Suggestions: ${error.suggestions.join(' ')}`)
    return { attempts: storage.attempts, code: error.code, committed: error.committed }
  }
}
