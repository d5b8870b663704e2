import { parseArgs } from 'node:util'

export const USAGE = `Usage: npm run bench -- [NAME...] [--json] [--only PART] [--repetitions N]

Runs all benchmarks, or those named, each in a process of its own.

  --json             one JSON object a line: {"bench","case","value","unit","ratio","against"}
  --only PART        only the cases whose name contains PART
  --repetitions N    repetitions that count, after one that warms up (default 5)

  npm run bench
  npm run -s bench -- ingest --json

`

export interface BenchRequest {
  readonly names: readonly string[]
  readonly json: boolean
  readonly help: boolean
  readonly only: string | undefined
  readonly repetitions: number
  readonly inThisProcess: boolean
  /** What is wrong with the arguments. */
  readonly problem?: string
}

/** Reads the arguments; without a name all of `known` are meant. */
export function parseArguments(args: readonly string[], known: readonly string[]): BenchRequest {
  const nothing = { names: [], json: false, help: false, only: undefined, repetitions: 5, inThisProcess: false }
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        only: { type: 'string' },
        repetitions: { type: 'string', default: '5' },
        'in-this-process': { type: 'boolean', default: false },
      },
    })
    const unknown = positionals.filter((name) => !known.includes(name))
    if (unknown.length > 0) return { ...nothing, problem: `benchmarks not found: ${unknown.join(', ')}` }
    const repetitions = Number(values.repetitions)
    if (!Number.isInteger(repetitions) || repetitions < 1)
      return { ...nothing, problem: '--repetitions must be 1 or more' }
    return {
      names: positionals.length > 0 ? positionals : known,
      json: values.json,
      help: values.help,
      only: values.only,
      repetitions,
      inThisProcess: values['in-this-process'],
    }
  } catch (error) {
    return { ...nothing, problem: error instanceof Error ? error.message : String(error) }
  }
}
