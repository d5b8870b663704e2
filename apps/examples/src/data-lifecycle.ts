import { makeRow } from './log-row.ts'
import { monthOfRuns } from './month-of-runs.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Table Management" and "Security and Compliance": removes rows past their retention period, and erases all rows of a person. */
export async function main(directory: string, open: typeof openLogs = openLogs) {
  await using writer = await open(directory, { retention: { keepDays: 20.5, keepFailuresDays: 365 } })
  await writer.writeLogRows(monthOfRuns(30))
  await writer.writeLogRows([makeRow({ run_id: 'login', metadata: { user: 'ada@example.com' } })])

  const plan = await writer.pruneTable({ dryRun: true })
  console.log(`${plan.rows} of ${plan.totalRows} rows would be removed`)
  const pruned = await writer.pruneTable()
  const erased = await writer.eraseRows({ where: "metadata ->> 'user' = 'ada@example.com'" })
  console.log(`Erased ${erased.rowsErased} rows, proven: ${erased.proof?.isProven}`)
  return { plan, pruned, erased, info: await writer.getTableInfo() }
}
