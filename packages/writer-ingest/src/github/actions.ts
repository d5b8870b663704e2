import type { z } from 'zod'
import type { AdapterOptions, IngestAdapter, IngestItem } from '../adapter.ts'
import { problemsOf } from '../mapping/problems.ts'
import { plainWord, statusReader } from '../mapping/status.ts'
import { isObject, parseJson } from '../reading/parse-json.ts'
import { jsonProblem } from '../reading/read-shape.ts'
import { type JsonRecord, readJsonRecords } from '../reading/records.ts'
import { jobSchema, repositoryOf, runSchema } from './documents.ts'
import { type GithubContext, jobRows, runRow } from './rows.ts'

export const github: IngestAdapter = {
  format: 'github',
  description: 'runs and jobs of GitHub Actions: webhook payloads, REST objects, `{ jobs: [...] }`',
  heeds: ['step'],
  recognizes: ({ head }) =>
    /"(workflow_job|workflow_run)"\s*:\s*\{/.test(head) ||
    /"(run_url|jobs_url)"\s*:\s*"[^"]*\/actions\/runs\//.test(head),
  async *read(input, options) {
    const statuses = statusReader()
    for await (const record of readJsonRecords(input, ['jobs', 'workflow_runs']))
      yield* itemsOf(record, options, statuses)
    for (const text of statuses.warnings()) yield { kind: 'warning', text }
  },
}

type Fields = Readonly<Record<string, unknown>>

function itemsOf(record: JsonRecord, options: AdapterOptions, statuses: GithubContext['statuses']): IngestItem[] {
  const { text, position } = record
  const rejected = (reason: string): IngestItem[] => [{ kind: 'reject', position, reason, record: text }]
  if (record.problem !== undefined) return rejected(record.problem)
  let document: unknown
  try {
    document = parseJson(text)
  } catch (error) {
    return rejected(jsonProblem(error))
  }
  if (!isObject(document)) return rejected('not a JSON object')
  const fallback = isObject(document.repository) ? document.repository.full_name : undefined
  const context = (url: string | null | undefined, workflow: string) => ({
    repository: repositoryOf(url) ?? (typeof fallback === 'string' ? fallback : 'unknown/unknown'),
    workflow,
    options,
    statuses,
  })
  const job = objectOf(document, 'workflow_job', 'run_url')
  if (job) {
    return parsed(jobSchema, job, rejected, (found) => {
      if (!hasEnded(found.status)) return [{ kind: 'pending', count: 1 }]
      const rows = jobRows(found, context(found.run_url, found.workflow_name ?? 'workflow'))
      // The first stands for the record; rows of further steps are records of their own in the count.
      return rows.map((row) => ({ kind: 'row', row, position }))
    })
  }
  const run = objectOf(document, 'workflow_run', 'jobs_url')
  if (!run) return [{ kind: 'ignored' }]
  return parsed(runSchema, run, rejected, (found) => {
    if (!hasEnded(found.status)) return [{ kind: 'pending', count: 1 }]
    const row = runRow(found, context(found.url, found.path?.split('@')[0] ?? (found.name || 'workflow')))
    return [{ kind: 'row', row, position }]
  })
}

/** Without a status, the conclusion says that it has ended. */
function hasEnded(status: string | null | undefined): boolean {
  return plainWord(status ?? 'completed') === 'completed'
}

/** The object of a webhook's payload, or the document itself where it has the field that such objects have. */
function objectOf(document: Fields, member: string, field: string): Fields | undefined {
  const inner = document[member]
  if (isObject(inner)) return inner
  return typeof document[field] === 'string' ? document : undefined
}

function parsed<T>(
  schema: z.ZodType<T>,
  value: Fields,
  rejected: (reason: string) => IngestItem[],
  then: (found: T) => IngestItem[],
): IngestItem[] {
  const result = schema.safeParse(value)
  return result.success ? then(result.data) : rejected(problemsOf(result.error))
}
