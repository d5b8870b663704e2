import { fittingPipelines } from '@forge/writer-analytics'
import { listRunning, type RunningRun } from '@forge/writer-record'
import { UsageError } from '../command/usage-error.ts'
import type { Host } from '../host.ts'
import { durationText } from '../output/format.ts'
import type { Output } from '../output/output.ts'
import type { StyleFormat } from '../output/style.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

interface Place {
  /** The absolute path of the database. */
  readonly path: string
  readonly now: () => Date
  readonly env: Host['env']
  readonly output: Output
}

/** The options of `runs` that apply to what is running. */
const APPLICABLE = [
  'running',
  'pipeline',
  'limit',
  'json',
  'color',
  'config',
  'env',
  'path',
  'storage',
  'schema',
  'table',
  'timeZone',
]

/** Prints what has started and has no end in the log. Throws UsageError for options that only the table can answer. */
export async function printRunning(
  options: { readonly pipeline: string | undefined; readonly limit: number } & Readonly<Record<string, unknown>>,
  { path, now, env, output }: Place,
): Promise<undefined> {
  const others = Object.entries(options).filter(
    ([name, value]) => !APPLICABLE.includes(name) && value !== undefined && value !== false && !isEmpty(value),
  )
  if (others.length > 0)
    throw new UsageError(`--running cannot be combined with ${others.map(([name]) => `--${name}`).join(', ')}`)
  const all = listRunning(path, { now, env })
  const { pipeline: glob } = options
  const fitting =
    glob === undefined ? undefined : fittingPipelines(glob, [...new Set(all.map(({ pipelineId }) => pipelineId))])
  const fits = all.filter(({ pipelineId }) => fitting?.has(pipelineId) ?? true)
  const running = fits.slice(0, options.limit)
  await output.result({ running, total: fits.length }, () =>
    running.length === 0 ? ['nothing is running'] : formatTable(columns(now()), running, output),
  )
  const more = fits.length - running.length
  if (more > 0 && !output.isJson) output.note(`${more} more are running; use --limit to show them`)
  return undefined
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0
}

const STYLES: Readonly<Partial<Record<RunningRun['state'], StyleFormat>>> = {
  lost: 'red',
  unwatched: 'yellow',
  running: 'green',
}

function columns(now: Date): readonly TableColumn<RunningRun>[] {
  const ageSecs = ({ startedAt }: RunningRun) => Math.max(0, (now.getTime() - Date.parse(startedAt)) / 1000)
  return [
    { header: 'state', cell: ({ state }) => state, shrink: false, style: ({ state }) => STYLES[state] },
    { header: 'started', isTime: true, cell: ({ startedAt }, clock) => clock.second(startedAt), shrink: false },
    { header: 'for', align: 'right', cell: (run) => durationText(ageSecs(run)) },
    { header: 'pipeline', cell: ({ pipelineId }) => pipelineId },
    { header: 'step', cell: ({ step }) => step ?? '' },
    { header: 'attempt', align: 'right', cell: ({ attempt }) => String(attempt) },
    { header: 'host', cell: ({ host }) => host },
    { header: 'pid', align: 'right', cell: ({ pid }) => String(pid) },
    { header: 'command', cell: ({ command }) => command ?? '' },
  ]
}
