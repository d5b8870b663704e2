import { resolve } from 'node:path'
import {
  FORMATS,
  type FoundInput,
  findInputs,
  IngestReadError,
  type IngestReport,
  ingestConfig,
  ingestFile,
  type LeftOut,
} from '@forge/writer-ingest'
import { defineCommand } from '../command/command.ts'
import { EXIT } from '../command/exit-code.ts'
import { choice, flag, repeatable, text } from '../command/option.ts'
import type { Settings } from '../command/settings.ts'
import { UsageError } from '../command/usage-error.ts'
import { zone } from '../command/zone-option.ts'
import { failureLines } from '../output/failures.ts'
import { countText } from '../output/format.ts'
import type { Output } from '../output/output.ts'
import { isRejectsName, rejectsFile } from '../output/rejects-file.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

/** Formats whose files hold one run: if a record of it is rejected, the outcome of the run is not known. */
const ONE_RUN = new Set(FORMATS.flatMap(({ format, isOneRun }) => (isOneRun ? format : [])))
const MAX_FAILURES = 20
const PHASES = ['bronze', 'silver', 'gold'] as const

export const ingest = defineCommand({
  description: `Record runs from the files of other tools, or log rows.

A record that cannot be read is reported and written to a rejects file; all other records are stored. Ingesting a file \
again adds nothing: rows are always merged on ${ingestConfig.mergeKeys.join(', ')}, and the \
settings writeMode and mergeKeys are ignored. Folders are searched for files of known formats at any depth.

Steps and runs of the files that failed are listed with their messages.

Exits with 1 if a file cannot be read, its format is unknown, all of its records are rejected, or it holds a single run \
of which a record is rejected.

Formats: ${FORMATS.map(({ format, description }) => `${format}: ${description}`).join('; ')}.`,
  args: [{ name: '<files...>', description: 'Files or folders; - is standard input; gzip is decompressed' }],
  options: {
    format: choice(
      FORMATS.map(({ format }) => format),
      'Format; default: detected from name and content',
      { short: 'f' },
    ),
    pipeline: text('Pipeline id; overrides the pipeline id in the file', { value: 'id' }),
    manifest: text('manifest.json of dbt; default: the one next to the file', { value: 'file' }),
    phaseOf: repeatable('Phase of the steps whose names match, such as "*.fct_*=gold"', { value: 'glob=phase' }),
    depth: choice(
      ['sql', 'step'],
      'sql: also record the SQL statements of OpenLineage jobs; step: record the steps of GitHub jobs instead of the jobs',
    ),
    timeZone: zone('Time zone of times in the files without one; default: UTC'),
    rejects: text('File for rejected records; default: rejects-TIME.ndjson in the working directory', {
      value: 'file',
    }),
    failOnReject: flag('Exit with 3 if a record was rejected'),
    failOnFailure: flag('Exit with 3 if a step or run in the files failed'),
  },
  examples: [
    { command: 'ingest target/run_results.json', does: 'record a dbt run' },
    {
      command: 'ingest target/run_results.json --fail-on-failure',
      does: 'in a CI job: record it, and fail if a step failed',
    },
    { command: 'ingest logs/*.ndjson --path team.duckdb', does: 'record log rows in another DuckDB file' },
    { command: 'ingest - --format csv < rows.csv', does: 'read log rows from standard input' },
  ],
  async run({ args, options, output, host, settings, openWriter, signal }) {
    warnOfIgnoredSettings(await settings(), output)
    const rejects = rejectsFile({ path: options.rejects, cwd: host.cwd, now: host.now(), output })
    const inputs = await inputsOf(args, { rejects: options.rejects, cwd: host.cwd, output })
    const phases = phasesOf(options.phaseOf)
    const writer = await openWriter({ config: ingestConfig })
    const reports: IngestReport[] = []
    const unread: string[] = []
    const failed: string[] = []
    try {
      for (const { path, name, isNamed } of inputs) {
        const reading = ingestFile(writer, path, {
          ...definedOnly({
            format: options.format,
            pipeline: options.pipeline,
            manifest: options.manifest && resolve(host.cwd, options.manifest),
          }),
          ...definedOnly({ timeZone: options.timeZone, depth: options.depth }),
          name,
          phases,
          stdin: host.stdin,
          signal,
          onReject: rejects.add,
          onProgress: ({ file, records }) => output.progress(`${file}: ${countText(records)} records`),
        })
        const report = await reading.catch((error: unknown) => {
          if (!(error instanceof IngestReadError)) throw error
          failed.push(name)
          output.warn(error.message)
          return error.report
        })
        if (report === undefined && isNamed && !failed.includes(name)) unread.push(name)
        if (report === undefined) continue
        reports.push(report)
        for (const warning of report.warnings) output.warn(`${report.file}: ${warning}`)
      }
    } finally {
      await rejects.close()
    }
    for (const name of unread) output.warn(`${name}: no known format`)
    if (reports.length + unread.length + failed.length === 0) output.warn('found no files of a known format')
    await printReports(reports, { rejectsFile: rejects.path ?? null, unread, failed }, output)
    const isRefused = reports.some(
      ({ format, records, rejected }) => rejected > 0 && (rejected === records || ONE_RUN.has(format)),
    )
    if (reports.length === 0 || unread.length > 0 || failed.length > 0 || isRefused) return EXIT.failure
    const isBreach =
      (options.failOnReject && reports.some(({ rejected }) => rejected > 0)) ||
      (options.failOnFailure && reports.some(({ failedRows }) => failedRows > 0))
    return isBreach ? EXIT.breach : EXIT.ok
  },
})

/** Returns the named files and the files in named folders, except rejects files of earlier calls. Throws UsageError if --rejects is one of them. */
async function inputsOf(
  names: readonly string[],
  { rejects, cwd, output }: { readonly rejects: string | undefined; readonly cwd: string; readonly output: Output },
): Promise<FoundInput[]> {
  const rejectsPath = rejects === undefined ? undefined : resolve(cwd, rejects)
  const onLeftOut = ({ name, reason }: LeftOut) => output.warn(`skipping ${name}: ${reason}`)
  const found = await findInputs(names, { cwd, onLeftOut })
  const isRejects = ({ path }: FoundInput) => path === rejectsPath || isRejectsName(path)
  const inputs = found.filter((input) => input.isNamed || !isRejects(input))
  if (inputs.some(({ path }) => path === rejectsPath)) {
    throw new UsageError('--rejects must not be one of the input files')
  }
  return inputs
}

/** Warns of settings that have no effect here because rows are always merged. */
function warnOfIgnoredSettings({ config, origins }: Settings, output: Output): void {
  const isGiven = (setting: string) => origins.some((each) => each.setting === setting && each.origin !== 'default')
  const ignored = [
    (config.writeMode === 'overwrite' || config.writeMode === 'ignore') && `writeMode ${config.writeMode}`,
    isGiven('mergeKeys') && config.mergeKeys.join() !== ingestConfig.mergeKeys.join() && 'mergeKeys',
  ].filter((each) => each !== false)
  if (ignored.length > 0) output.warn(`ignoring ${ignored.join(' and ')}: ingest always merges`)
}

async function printReports(
  reports: readonly IngestReport[],
  more: { readonly rejectsFile: string | null; readonly unread: readonly string[]; readonly failed: readonly string[] },
  output: Output,
): Promise<void> {
  const totals = totalOf(reports)
  const rows: Counts[] = reports.length > 1 ? [...reports, { file: 'total', format: '', ...totals }] : [...reports]
  const failedRows = reports.reduce((sum, report) => sum + report.failedRows, 0)
  await output.result({ ...totals, failedRows, ...more, files: reports }, function* () {
    if (rows.length > 0) yield* formatTable(columnsFor(rows), rows, output)
    yield* failureLines(
      reports.flatMap(({ failures }) => failures),
      output,
      MAX_FAILURES,
    )
  })
}

function phasesOf(given: readonly string[]): Record<string, (typeof PHASES)[number]> {
  const pairs = given.map((text) => {
    const at = text.lastIndexOf('=')
    const phase = PHASES.find((each) => each === text.slice(at + 1))
    if (at > 0 && phase) return [text.slice(0, at), phase] as const
    throw new UsageError(`--phase-of "${text}" must be GLOB=PHASE; phases are ${PHASES.join(', ')}`)
  })
  return Object.fromEntries(pairs)
}

/** Returns the options that are defined, so that undefined ones do not hide a default. */
function definedOnly<Options extends Readonly<Record<string, string | undefined>>>(options: Options) {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [Key in keyof Options]?: NonNullable<Options[Key]> }
}

const FIGURES = [
  ['records', 'records'],
  ['written', 'written'],
  ['alreadyThere', 'already there'],
  ['replaced', 'replaced'],
  ['folded', 'folded'],
  ['pending', 'pending'],
  ['ignored', 'ignored'],
  ['rejected', 'rejected'],
] as const

type Figure = (typeof FIGURES)[number][0]
type Counts = Pick<IngestReport, 'file' | 'format' | Figure>

const ALWAYS_SHOWN: readonly Figure[] = ['records', 'written', 'alreadyThere', 'rejected']

function totalOf(reports: readonly IngestReport[]): Record<Figure, number> {
  const sums = FIGURES.map(([key]) => [key, reports.reduce((total, report) => total + report[key], 0)])
  return Object.fromEntries(sums) as Record<Figure, number>
}

/** Returns the columns to print: all figures except optional ones that are 0 in every file. */
function columnsFor(rows: readonly Counts[]): TableColumn<Counts>[] {
  const shown = FIGURES.filter(([key]) => ALWAYS_SHOWN.includes(key) || rows.some((row) => row[key] > 0))
  return [
    { header: 'file', cell: ({ file }) => file, cut: 'middle', minWidth: 16 },
    { header: 'format', cell: ({ format }) => format, shrink: false },
    ...shown.map(([key, header]) => ({
      header,
      align: 'right' as const,
      cell: (row: Counts) => countText(row[key]),
      style: (row: Counts) => (key === 'rejected' && row.rejected > 0 ? ('red' as const) : undefined),
    })),
  ]
}
