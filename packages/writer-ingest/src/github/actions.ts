import { isObject } from '@forge/writer-core/storage'
import type { z } from 'zod'
import type { AdapterOptions, IngestAdapter, IngestItem } from '../adapter.ts'
import { problemsOf } from '../mapping/problems.ts'
import { plainWord, statusReader } from '../mapping/status.ts'
import { parseJson } from '../reading/parse-json.ts'
import { jsonProblem } from '../reading/read-shape.ts'
import { type JsonRecord, readJsonRecords } from '../reading/records.ts'
import { jobSchema, repositoryOf, runSchema } from './documents.ts'
import { type GithubContext, jobRows, runRow } from './rows.ts'

export const github: IngestAdapter = {
  format: 'github',
  description: 'runs and jobs of GitHub Actions: webhook payloads, REST objects, `{ jobs: [...] }`',
  acceptsOptions: ['step'],
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
  const reject = (reason: string): IngestItem[] => [{ kind: 'reject', position, reason, record: text }]
  if (record.problem !== undefined) return reject(record.problem)
  let document: unknown
  try {
    document = parseJson(text)
  } catch (error) {
    return reject(jsonProblem(text, error))
  }
  if (!isObject(document)) return reject('not a JSON object')
  const fallback = isObject(document.repository) ? document.repository.full_name : undefined
  const context = (url: string | null | undefined, workflow: string) => ({
    repository: repositoryOf(url) ?? (typeof fallback === 'string' ? fallback : 'unknown/unknown'),
    workflow,
    options,
    statuses,
  })
  const job = objectOf(document, 'workflow_job', 'run_url')
  if (job) {
    return withParsed(jobSchema, job, reject, (found) => {
      if (!hasEnded(found.status)) return [{ kind: 'pending', count: 1 }]
      const rows = jobRows(found, context(found.run_url, found.workflow_name ?? 'workflow'))
      // The first row counts as the record; each further step counts as a record, too.
      return rows.map((row) => ({ kind: 'row', row, position }))
    })
  }
  const run = objectOf(document, 'workflow_run', 'jobs_url')
  if (!run) return [{ kind: 'ignored' }]
  return withParsed(runSchema, run, reject, (found) => {
    if (!hasEnded(found.status)) return [{ kind: 'pending', count: 1 }]
    const row = runRow(found, context(found.url, found.path?.split('@')[0] ?? (found.name || 'workflow')))
    return [{ kind: 'row', row, position }]
  })
}

/** Returns whether a run or job has ended; without a status, a conclusion means that it has. */
function hasEnded(status: string | null | undefined): boolean {
  return plainWord(status ?? 'completed') === 'completed'
}

/** Returns the object in the payload of a webhook, or the document itself if it has the field of such objects. */
function objectOf(document: Fields, member: string, field: string): Fields | undefined {
  const inner = document[member]
  if (isObject(inner)) return inner
  return typeof document[field] === 'string' ? document : undefined
}

function withParsed<T>(
  schema: z.ZodType<T>,
  value: Fields,
  reject: (reason: string) => IngestItem[],
  then: (found: T) => IngestItem[],
): IngestItem[] {
  const result = schema.safeParse(value)
  return result.success ? then(result.data) : reject(problemsOf(result.error))
}
