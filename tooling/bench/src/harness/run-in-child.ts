import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ReportLine } from './report.ts'
import type { RunOptions } from './run-bench.ts'

/** The program of this commit. */
export const MAIN = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../main.ts' : './main.js', import.meta.url),
)

/**
 * Runs one bench in a fresh process, whose lines go to `onLine` as they come. Resolves with whether it succeeded. `main` is the program that knows
 * the bench: another commit has its own.
 */
export async function runInChild(
  name: string,
  { repetitions, only }: RunOptions,
  onLine: (line: ReportLine) => void,
  main = MAIN,
): Promise<boolean> {
  const args = ['--expose-gc', main, name, '--json', '--in-this-process', '--repetitions', String(repetitions)]
  if (only !== undefined) args.push('--only', only)
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = once(child, 'close')
  for await (const line of createInterface({ input: child.stdout })) onLine(lineFrom(line))
  const [code] = await exit
  return code === 0
}

function lineFrom(json: string): ReportLine {
  const { ratio, against, ...line } = JSON.parse(json)
  return { ...line, ratio: ratio ?? undefined, against: against ?? undefined }
}
