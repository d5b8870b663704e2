import { bytesText } from '@forge/writer-core/text'
import type { ReportModel, ReportOptions } from '@forge/writer-report'
import { defineCommand } from '../command/command.ts'
import { choice, flag, integer, text } from '../command/option.ts'
import { choiceOf, knownSource, PIPELINE_OPTIONS } from '../command/owner-options.ts'
import { UsageError } from '../command/usage-error.ts'
import { zone } from '../command/zone-option.ts'
import { openFile } from '../output/open-file.ts'
import { isStandardOutput, writeOutputFile } from '../output/output-file.ts'
import { showProgress } from '../output/slow-work.ts'

const FORMATS = ['html', 'markdown', 'json'] as const
type Format = (typeof FORMATS)[number]

export const report = defineCommand({
  description:
    'Write a report of pipelines, runs, failures, quality and service levels: one HTML file that works offline, or Markdown for a job summary. An existing file is replaced.',
  options: {
    output: text('File to write; - is standard output', { short: 'o', value: 'file', default: 'report.html' }),
    format: choice(FORMATS, 'Format; default: from the file extension, otherwise html', { short: 'f' }),
    last: flag('Only the newest run and its pipeline'),
    run: text('Only this run and its pipeline; the beginning of its id is enough', { value: 'id' }),
    ...PIPELINE_OPTIONS,
    days: integer('Failures, quality and service levels of the last n days', {
      short: 'd',
      min: 1,
      max: 3650,
      default: 30,
    }),
    runs: integer('Number of runs in the strips, grids and charts of a pipeline, such as 14 or 90', {
      min: 1,
      max: 90,
      default: 30,
    }),
    title: text('Title of the report', { mayBeEmpty: true, default: 'Pipelines' }),
    redactErrors: flag('Leave out error messages, output of commands and the metadata of runs'),
    timeZone: zone('Time zone of all times, such as Europe/Berlin; default: UTC'),
    open: flag('Open the file in the browser; without a desktop, print what to open'),
  },
  examples: [
    { command: 'report -o report.html --open', does: 'look at everything' },
    { command: 'report --last -o run.html', does: 'one run, to send to somebody' },
    { command: 'report -f markdown -o - >> "$GITHUB_STEP_SUMMARY"', does: 'the summary of a CI job' },
    {
      command: "report --pipeline 'etl_*' --days 7 --redact-errors",
      does: 'a week of some pipelines, without error messages',
    },
  ],
  async run({ options, output, host, openSource, settings }) {
    if (options.last && options.run !== undefined) throw new UsageError('--last and --run cannot be used together')
    const isStdout = isStandardOutput(options.output)
    if (options.open && isStdout) throw new UsageError('--open needs a file')
    const format = options.format ?? (isStdout && output.isJson ? 'json' : formatOf(options.output))
    if (isStdout && output.isJson && format !== 'json') throw new UsageError(`--json cannot print ${format}`)
    const source = await knownSource(await openSource({ tableMayBeMissing: true }), options)
    const { findRun } = await import('@forge/writer-analytics')
    const run = options.last ? await findRun(source, undefined, choiceOf(options)) : options.run
    const { runningRuns } = await import('../record/running-runs.ts')
    const request: ReportOptions = {
      ...choiceOf(options),
      run,
      days: options.days,
      runs: options.runs,
      title: options.title,
      redactErrors: options.redactErrors,
      timeZone: options.timeZone,
      running: runningRuns(await settings(), host),
      command: commandLine(options),
      now: host.now,
    }
    const content = await showProgress(output, 'making the report', async () => {
      const { buildReport, renderMarkdown, renderReport } = await import('@forge/writer-report')
      const model = await buildReport(source, request)
      return contentOf(model, format, { renderMarkdown, renderReport })
    })
    if (isStdout) {
      await output.print(content.trimEnd())
      return
    }
    const file = await writeOutputFile(options.output, content, { cwd: host.cwd, isShared: true })
    const { path } = file
    await output.result(file, () => [`${bytesText(file.bytes)}: ${path}`])
    if (options.open) await openFile(path, { env: host.env, output })
  },
})

interface Renderers {
  readonly renderMarkdown: (model: ReportModel) => string
  readonly renderReport: (model: ReportModel) => string
}

function contentOf(model: ReportModel, format: Format, { renderMarkdown, renderReport }: Renderers): string {
  switch (format) {
    case 'html':
      return renderReport(model)
    case 'markdown':
      return renderMarkdown(model)
    case 'json':
      return `${JSON.stringify({ schemaVersion: 1, ...model })}\n`
  }
}

function formatOf(path: string): Format {
  if (/\.(md|markdown)$/i.test(path)) return 'markdown'
  return /\.json$/i.test(path) ? 'json' : 'html'
}

interface ReportedOptions {
  readonly output: string
  readonly format: Format | undefined
  readonly run: string | undefined
  readonly last: boolean
  readonly pipeline: string | undefined
  readonly owner: string | undefined
  readonly tag: readonly string[] | undefined
  readonly days: number
  readonly runs: number
  readonly title: string
  readonly redactErrors: boolean
  readonly timeZone: string | undefined
}

/** Returns the command that makes the same report again. */
function commandLine({ output, format, run, last, pipeline, owner, tag = [], ...options }: ReportedOptions): string {
  const { days, runs, title, redactErrors, timeZone } = options
  const quote = (value: string) => (/^[\w./-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`)
  return [
    'forge-writer report',
    ...(last ? ['--last'] : []),
    ...(run !== undefined && !last ? [`--run ${quote(run)}`] : []),
    ...(pipeline === undefined ? [] : [`--pipeline ${quote(pipeline)}`]),
    ...(owner === undefined ? [] : [`--owner ${quote(owner)}`]),
    ...tag.map((each) => `--tag ${quote(each)}`),
    `--days ${days}`,
    ...(runs === 30 ? [] : [`--runs ${runs}`]),
    ...(title === 'Pipelines' ? [] : [`--title ${quote(title)}`]),
    ...(timeZone === undefined ? [] : [`--time-zone ${quote(timeZone)}`]),
    ...(redactErrors ? ['--redact-errors'] : []),
    ...(format === undefined ? [] : [`--format ${format}`]),
    `-o ${quote(output)}`,
  ].join(' ')
}
