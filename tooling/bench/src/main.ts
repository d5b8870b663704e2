import { parseArguments, USAGE } from './harness/arguments.ts'
import { compareLines, comparisonTable, type Side, sidesInTurn } from './harness/comparison.ts'
import { markdownReport, runSetting, writeBetweenMarks } from './harness/markdown-report.ts'
import { buildCommit } from './harness/other-commit.ts'
import { jsonLine, type ReportLine, tableOf } from './harness/report.ts'
import { runBench } from './harness/run-bench.ts'
import { runInChild } from './harness/run-in-child.ts'
import { BENCHES } from './registry.ts'

const names = Object.keys(BENCHES)
const request = parseArguments(process.argv.slice(2), names)
if (request.problem !== undefined) {
  process.stderr.write(`${request.problem}\n\n${USAGE}Names: ${names.join(', ')}\n`)
  process.exitCode = 2
} else if (request.help) {
  process.stdout.write(`${USAGE}Names: ${names.join(', ')}\n`)
} else if (request.compare !== undefined) {
  await compareWith(request.compare)
} else {
  const lines: ReportLine[] = []
  const setting = runSetting(new Date())
  for (const name of request.names) {
    const onLine = (line: ReportLine) => {
      lines.push(line)
      if (request.json) process.stdout.write(`${jsonLine(line)}\n`)
    }
    const done = request.inThisProcess ? await runHere(name, onLine) : await runInChild(name, request, onLine)
    if (!done) process.exitCode = 1
  }
  if (!request.json) process.stdout.write(`${tableOf(lines)}\n`)
  if (request.write !== undefined) {
    // Loaded late: the benches of this process must not pay for the engine.
    const { version } = await import('@duckdb/node-api')
    await writeBetweenMarks(request.write, markdownReport(lines, setting, [`DuckDB ${version()}`]))
  }
}

async function compareWith(commit: string): Promise<void> {
  using other = buildCommit(commit)
  const lines: Record<Side, ReportLine[]> = { here: [], there: [] }
  for (const name of request.names) {
    for (const side of sidesInTurn(request.rounds)) {
      const onLine = (line: ReportLine) => void lines[side].push(line)
      const done = await runInChild(name, request, onLine, side === 'here' ? undefined : other.main)
      // The other commit may lack a bench: its figures are then missing in the table.
      if (!done && side === 'here') process.exitCode = 1
    }
  }
  const cases = compareLines(lines)
  if (request.json) for (const each of cases) process.stdout.write(`${JSON.stringify(each)}\n`)
  else process.stdout.write(`${comparisonTable(cases, commit)}\n`)
}

async function runHere(name: string, onLine: (line: ReportLine) => void): Promise<boolean> {
  const load = BENCHES[name]
  if (!load) return false
  for await (const line of runBench(await load(), request)) onLine(line)
  return true
}
