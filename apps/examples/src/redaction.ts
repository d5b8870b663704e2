import { makeRow } from './log-row.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Security and Compliance": values that `redact` names never reach the table. */
export async function main(directory: string) {
  await using writer = await openLogs(directory, { redact: ['error_message', 'metadata.user.email'] })
  await writer.writeLogRows([
    makeRow({
      success: false,
      error_message: 'login of ada@example.com failed',
      metadata: { user: { email: 'ada@example.com', role: 'reader' } },
    }),
  ])
  const [row] = await writer.showLogs({ print: false })
  return row
}
