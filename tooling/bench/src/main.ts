import { parseArguments, USAGE } from './harness/arguments.ts'
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
} else {
  const lines: ReportLine[] = []
  for (const name of request.names) {
    const onLine = (line: ReportLine) => {
      lines.push(line)
      if (request.json) process.stdout.write(`${jsonLine(line)}\n`)
    }
    const done = request.inThisProcess ? await runHere(name, onLine) : await runInChild(name, request, onLine)
    if (!done) process.exitCode = 1
  }
  if (!request.json) process.stdout.write(`${tableOf(lines)}\n`)
}

async function runHere(name: string, onLine: (line: ReportLine) => void): Promise<boolean> {
  const load = BENCHES[name]
  if (!load) return false
  for await (const line of runBench(await load(), request)) onLine(line)
  return true
}
