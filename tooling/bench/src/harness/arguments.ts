import { parseArgs } from 'node:util'

export const USAGE = `Usage: npm run bench -- [NAME...] [--json] [--only PART] [--repetitions N] [--write FILE] [--compare COMMIT [--rounds N]]

Runs all benchmarks, or those named, each in a process of its own.

  --json             one JSON object a line: {"bench","case","value","unit","ratio","against"}
  --only PART        only the cases whose name contains PART
  --repetitions N    repetitions that count, after one that warms up (default 5)
  --write FILE       also writes the figures into a Markdown file as a table, between <!-- bench --> and <!-- /bench -->
  --compare COMMIT   builds another commit in a folder of its own, runs both in turn and prints both
  --rounds N         with --compare: runs of each, of which the median is printed (default 3)

  npm run bench
  npm run -s bench -- ingest --json
  npm run bench -- small-write ingest --compare HEAD~1

`

export interface BenchRequest {
  readonly names: readonly string[]
  readonly json: boolean
  readonly help: boolean
  readonly only: string | undefined
  readonly repetitions: number
  readonly inThisProcess: boolean
  /** The Markdown file that gets the table. Default: no file. */
  readonly write: string | undefined
  /** The commit to compare with. Default: none. */
  readonly compare: string | undefined
  /** The number of runs of each side of a comparison. */
  readonly rounds: number
  /** What is wrong with the arguments. */
  readonly problem?: string
}

/** Reads the arguments; without a name all of `known` are meant. */
export function parseArguments(args: readonly string[], known: readonly string[]): BenchRequest {
  const nothing: BenchRequest = {
    names: [],
    json: false,
    help: false,
    only: undefined,
    repetitions: 5,
    inThisProcess: false,
    write: undefined,
    compare: undefined,
    rounds: 3,
  }
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        only: { type: 'string' },
        repetitions: { type: 'string', default: '5' },
        write: { type: 'string' },
        compare: { type: 'string' },
        rounds: { type: 'string' },
        'in-this-process': { type: 'boolean', default: false },
      },
    })
    const unknown = positionals.filter((name) => !known.includes(name))
    if (unknown.length > 0) return { ...nothing, problem: `benchmarks not found: ${unknown.join(', ')}` }
    const repetitions = Number(values.repetitions)
    if (!isCount(repetitions)) return { ...nothing, problem: '--repetitions must be 1 or more' }
    const rounds = Number(values.rounds ?? nothing.rounds)
    if (!isCount(rounds)) return { ...nothing, problem: '--rounds must be 1 or more' }
    if (values.rounds !== undefined && values.compare === undefined)
      return { ...nothing, problem: '--rounds needs --compare' }
    if (values.write !== undefined && values.compare !== undefined)
      return { ...nothing, problem: '--write does not go with --compare' }
    return {
      names: positionals.length > 0 ? positionals : known,
      json: values.json,
      help: values.help,
      only: values.only,
      repetitions,
      inThisProcess: values['in-this-process'],
      write: values.write,
      compare: values.compare,
      rounds,
    }
  } catch (error) {
    return { ...nothing, problem: error instanceof Error ? error.message : String(error) }
  }
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1
}
