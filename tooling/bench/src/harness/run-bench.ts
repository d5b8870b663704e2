import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bench } from './bench.ts'
import type { ReportLine } from './report.ts'

export interface RunOptions {
  readonly repetitions: number
  /** Part of the names of the cases to run. Default all. */
  readonly only?: string | undefined
}

/** Runs one bench in this process, in a folder of its own. */
export async function* runBench(bench: Bench, { repetitions, only }: RunOptions): AsyncGenerator<ReportLine> {
  const directory = await mkdtemp(join(tmpdir(), `forge-bench-${bench.name}-`))
  const wants = (caseName: string) => only === undefined || caseName.includes(only)
  try {
    for await (const measurement of bench.run({ directory, repetitions, wants })) {
      if (wants(measurement.case)) yield { bench: bench.name, ...measurement }
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
