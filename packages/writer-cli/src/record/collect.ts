import { mkdtempSync, readdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import type { CollectedFile } from '@forge/writer-record/command'
import { UsageError } from '../command/usage-error.ts'

const KINDS = ['dbt', 'openlineage', 'junit'] as const

export type CollectKind = (typeof KINDS)[number]

/** Files that commands write about their own steps. */
export interface Collection {
  /** Variables that make the command write such a file. */
  readonly variables: Readonly<Record<string, string>>
  /** Returns the files that have been written since `startedAt`. */
  find(startedAt: Date): readonly CollectedFile[]
  /** Returns a warning for each kind without a file. */
  warnings(): string[]
}

/** A file that a command may write, and its format. */
interface Candidate {
  readonly path: string
  readonly format: string
  readonly manifest?: string | undefined
}

interface Wanted {
  readonly kind: CollectKind
  readonly candidates: readonly Candidate[]
  /** True if the first file that was written has all the steps. */
  readonly isOneEnough?: boolean | undefined
}

/** Throws UsageError for an unknown kind. */
export function assertKinds(given: readonly string[]): void {
  for (const text of given) readKind(text)
}

function readKind(text: string): { readonly kind: CollectKind; readonly file: string | undefined } {
  const [, word, file] = /^([a-z]+)(?:=(.+))?$/s.exec(text) ?? []
  const kind = KINDS.find((each) => each === word)
  if (kind === undefined) throw new UsageError(`--collect ${text}: must be one of ${KINDS.join(', ')}, or KIND=FILE`)
  return { kind, file }
}

/** Compiles `--collect`. Throws UsageError for an unknown kind. */
export function collection(
  given: readonly string[],
  {
    command,
    cwd,
    env,
  }: {
    readonly command: readonly string[]
    readonly cwd: string
    readonly env: Readonly<Record<string, string | undefined>>
  },
): Collection {
  const variables: Record<string, string> = {}
  const wanted = given.map((text): Wanted => {
    const { kind, file } = readKind(text)
    if (file !== undefined) return { kind, candidates: [{ path: resolve(cwd, file), format: formatOf(kind, file) }] }
    if (kind === 'dbt') return { kind, candidates: dbtFiles(command, { cwd, env }, variables), isOneEnough: true }
    if (kind === 'junit')
      return { kind, candidates: junitReports(command, cwd).map((path) => ({ path, format: kind })) }
    const path = openLineageFile(env, variables)
    return { kind, candidates: path === undefined ? [] : [{ path, format: kind }] }
  })
  const missing: Wanted[] = []
  return {
    variables,
    find(startedAt) {
      return wanted.flatMap((each) => {
        const found = each.candidates.map(({ path, format, manifest }) =>
          writtenSince(path, startedAt).map((file) => ({ kind: format, ...file, manifest })),
        )
        const files = each.isOneEnough ? (found.find(({ length }) => length > 0) ?? []) : found.flat()
        if (files.length === 0) missing.push(each)
        return files
      })
    },
    warnings: () =>
      missing.map(({ kind, candidates }) =>
        candidates.length === 0
          ? `--collect ${kind}: the command sends its events elsewhere; name their file with --collect ${kind}=FILE`
          : `--collect ${kind}: the command has not written ${candidates.map(({ path }) => path).join(' or ')}`,
      ),
  }
}

/** File systems may store times with less precision than clocks. */
const PRECISION_MS = 20
const MAX_FILES = 10_000

/** Returns the file, or the XML files in the folder, that have changed since a moment. */
function writtenSince(path: string, startedAt: Date): { readonly path: string; readonly modifiedMs: number }[] {
  const entry = statSync(path, { throwIfNoEntry: false })
  if (entry?.isDirectory()) {
    return readdirSync(path)
      .filter((name) => name.endsWith('.xml'))
      .slice(0, MAX_FILES)
      .flatMap((name) => writtenSince(join(path, name), startedAt))
  }
  if (!entry?.isFile()) return []
  const isNew = entry.size > 0 && entry.mtimeMs >= startedAt.getTime() - PRECISION_MS
  return isNew ? [{ path, modifiedMs: entry.mtimeMs }] : []
}

interface Surroundings {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Returns the format of a file that the user names: dbt 2 writes its telemetry as lines. */
function formatOf(kind: CollectKind, file: string): string {
  return kind === 'dbt' && /\.(?:jsonl|ndjson)$/i.test(file) ? TELEMETRY : kind
}

const TELEMETRY = 'dbt-otel'

/**
 * Returns the telemetry of dbt 2, which is there although dbt was killed, and the results, which dbt 1 and 2 write at the end. Sets the variable by which
 * dbt 2 writes its telemetry, unless the user has chosen a file; dbt 1 does not know it.
 */
function dbtFiles(
  command: readonly string[],
  { cwd, env }: Surroundings,
  variables: Record<string, string>,
): Candidate[] {
  const project = resolve(cwd, optionValue(command, '--project-dir') ?? env.DBT_PROJECT_DIR ?? '.')
  const target = resolve(project, optionValue(command, '--target-path') ?? env.DBT_TARGET_PATH ?? 'target')
  const logs = resolve(project, optionValue(command, '--log-path') ?? env.DBT_LOG_PATH ?? 'logs')
  const chosen = optionValue(command, '--otel-file-name') ?? (env.DBT_OTEL_FILE_NAME || undefined)
  const name = chosen ?? `${OWN_TELEMETRY}${process.pid}-${Date.now()}.jsonl`
  if (chosen === undefined) variables.DBT_OTEL_FILE_NAME = name
  return [
    { path: resolve(logs, name), format: TELEMETRY, manifest: join(target, 'manifest.json') },
    { path: join(target, 'run_results.json'), format: 'dbt' },
  ]
}

const OWN_TELEMETRY = 'forge-writer-'

/** Options by which test runners take the path of their report. */
const REPORT_OPTIONS = [
  '--junitxml',
  '--junit-xml',
  '--junit',
  '--output-file',
  '--outputFile',
  '--outputFile.junit',
  '--reporter-output',
]

function junitReports(command: readonly string[], cwd: string): string[] {
  const named = REPORT_OPTIONS.flatMap((option) => optionValue(command, option) ?? [])
  const usual = ['junit.xml', 'report.xml', 'test-results', 'target/surefire-reports', 'build/test-results/test']
  return (named.length > 0 ? named : usual).map((path) => resolve(cwd, path))
}

/** Returns the file of events, and sets the variables of the OpenLineage clients, unless the user has configured them. */
function openLineageFile(env: Surroundings['env'], variables: Record<string, string>): string | undefined {
  if (Object.entries(env).some(([name, value]) => value && /^OPENLINEAGE_(?:_TRANSPORT|CONFIG|URL)/.test(name))) {
    return env.OPENLINEAGE__TRANSPORT__TYPE === 'file' ? env.OPENLINEAGE__TRANSPORT__LOG_FILE_PATH : undefined
  }
  const path = temporaryFile()
  if (path === undefined) return undefined
  Object.assign(variables, {
    OPENLINEAGE__TRANSPORT__TYPE: 'file',
    OPENLINEAGE__TRANSPORT__LOG_FILE_PATH: path,
    OPENLINEAGE__TRANSPORT__APPEND: 'true',
    OPENLINEAGE__TRANSPORT__LOCATION: path,
  })
  return path
}

function temporaryFile(): string | undefined {
  try {
    return join(mkdtempSync(join(tmpdir(), TEMPORARY)), 'events.ndjson')
  } catch {
    // The disk may be full, which must not keep the command from running.
    return undefined
  }
}

const TEMPORARY = 'forge-openlineage-'

/** Returns the value of an option of the command: the next word, or what follows `=`. */
function optionValue(command: readonly string[], option: string): string | undefined {
  const at = command.findLastIndex((word) => word === option || word.startsWith(`${option}=`))
  const word = command[at]
  return word === option ? command[at + 1] : word?.slice(option.length + 1)
}

/** Returns what is removed once the steps of a file are stored: the temporary folder of its events, or the telemetry that nobody else asked for. */
export function temporaryPathOf({ kind, path }: CollectedFile): string | undefined {
  const folder = dirname(path)
  if (folder.startsWith(join(tmpdir(), TEMPORARY))) return folder
  return kind === TELEMETRY && basename(path).startsWith(OWN_TELEMETRY) ? path : undefined
}
