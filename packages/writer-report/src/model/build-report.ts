import { findRun, type RowChoice, type RunViewed, shareReading, viewRun } from '@forge/writer-analytics'
import { eq, type TableSource, WriterConfigurationError } from '@forge/writer-core'
import { assertOptions, type OptionChecks, option } from '@forge/writer-core/storage'
import { OVERVIEW_CHECKS, type OverviewOptions, readOverview } from './read-overview.ts'
import { readComparisons, readPipelinePages, readRunPages } from './read-pages.ts'
import { redactErrors } from './redact.ts'
import type { ReportModel } from './report-model.ts'

export interface ReportOptions extends Omit<OverviewOptions, 'from' | 'to' | 'scope'> {
  /** Only this run, with the pages of its pipeline; the beginning of its id is enough. */
  readonly run?: string | undefined
  /** True to leave out error messages, for a report that others may read. Default false. */
  readonly redactErrors?: boolean | undefined
  /** The command that makes the report again, to be shown in it. */
  readonly command?: string | undefined
}

/** The maximum number of pipelines with a page. Those that need attention come first, because a file that is too big to open helps nobody. */
const MAX_PIPELINE_PAGES = 24

/**
 * Computes the model of a report: aggregates of the log, whose number does not grow with it, all of one state of the table if the storage keeps
 * versions. Throws WriterConfigurationError for wrong options and for a run that is not in the log.
 */
export async function buildReport(given: TableSource, options: ReportOptions = {}): Promise<ReportModel> {
  assertOptions('buildReport', options, OPTIONS)
  const { run: runText, redactErrors: isRedacted = false, command = null, ...rest } = options
  const { table, timeZone = 'UTC' } = rest
  const source = await shareReading(given, { table })
  const run = runText === undefined ? undefined : await viewedRun(source, runText, options)
  const choice = choiceOf(options, run)
  const overview = await readOverview(source, { ...rest, ...choice })
  const { pipelines, otherPipelines } = overview.pipelines
  const shown = pipelines.slice(0, MAX_PIPELINE_PAGES)
  const runPages = run ? [run] : await readRunPages(source, overview.pipelines, table)
  const now = new Date(overview.about.generatedAt)
  const model: ReportModel = {
    ...overview,
    about: {
      ...overview.about,
      isRedacted,
      command,
      otherPipelinePages: pipelines.length + otherPipelines - shown.length,
    },
    pipelinePages: await readPipelinePages(source, shown, { choice, runs: overview.about.runs, timeZone, now, table }),
    runPages,
    comparisons: await readComparisons(source, runPages, table),
  }
  return isRedacted ? redactErrors(model) : model
}

const { from: _from, to: _to, scope: _scope, ...SHARED_CHECKS } = OVERVIEW_CHECKS
const OPTIONS: OptionChecks<ReportOptions> = {
  ...SHARED_CHECKS,
  run: option.string,
  redactErrors: option.flag,
  command: option.string,
}

function choiceOf(options: RowChoice, run: RunViewed | undefined): RowChoice & Pick<OverviewOptions, 'scope'> {
  const { pipeline, owner, tags, where } = options
  if (!run) return { pipeline, owner, tags, where }
  const none = { pipeline: undefined, owner: undefined, tags: undefined }
  return { ...none, where: eq('pipeline_id', run.run.pipeline), scope: `run ${run.run.runId}` }
}

async function viewedRun(
  source: TableSource,
  text: string,
  { pipeline, owner, tags, where, table }: ReportOptions,
): Promise<RunViewed> {
  const runId = await findRun(source, text, { pipeline, owner, tags, where, table })
  const view = await viewRun(source, runId, { table })
  if (view.available) return view
  throw new WriterConfigurationError(view.reason, { context: { run: runId } })
}
