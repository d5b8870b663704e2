import { readFile } from 'node:fs/promises'
import { samplePath } from '@forge/fixtures'
import { expect, test } from 'vitest'
import { readFileItems, readTextItems, rowsOf } from './read-items.ts'

const FAILURE = samplePath('github', 'workflow_job.completed.failure.with-organization.json')
const SUCCESS = samplePath('github', 'workflow_job.completed.success.with-organization.json')

test('a job is a row that says which of its steps failed', async () => {
  expect(rowsOf(await readFileItems(FAILURE))).toMatchObject([
    {
      run_id: 'github/octo-org/octo-repo/2202229078',
      execution_id: '1/289782451',
      pipeline_id: 'octo-org/octo-repo/CodeQL',
      schema: 'octo-repo',
      step_name: 'linters',
      step_type: 'job',
      start_time: '2021-08-05T10:34:58.000000Z',
      duration_secs: 198,
      success: false,
      error_message: expect.stringMatching(/^step \d+ .+: failure$/),
      metadata: { status: 'failed', queued_at: '2021-08-05T10:33:58Z', rows_unknown: true },
    },
  ])
})

test('two payloads of one job have one identity, so that the later one wins', async () => {
  const [failure] = rowsOf(await readFileItems(FAILURE))
  const [success] = rowsOf(await readFileItems(SUCCESS))
  const identity = ({ run_id, execution_id, phase, step_name }: NonNullable<typeof failure>) =>
    JSON.stringify([run_id, execution_id, phase, step_name])
  expect(failure && identity(failure)).toBe(success && identity(success))
})

test('a webhook, the REST object in it and a list of jobs are the same row', async () => {
  const { workflow_job: job } = JSON.parse(await readFile(FAILURE, 'utf8')) as { workflow_job: object }
  const expected = rowsOf(await readFileItems(FAILURE))
  expect(rowsOf(await readTextItems(JSON.stringify(job), 'job.json'))).toEqual(expected)
  expect(rowsOf(await readTextItems(JSON.stringify({ total_count: 1, jobs: [job] }), 'jobs.json'))).toEqual(expected)
})

test('a run without a name is known by the path of its workflow', async () => {
  const [run] = rowsOf(await readFileItems(samplePath('github', 'workflow_run.completed.json')))
  expect(run).toMatchObject({
    run_id: 'github/octo-org/octo-repo/289782451',
    execution_id: '1',
    phase: 'pipeline',
    step_name: 'octo-org/octo-repo/.github/workflows/test.yml',
    duration_secs: 0,
    success: true,
  })
})

test('what has not ended is pending', async () => {
  const payload = JSON.parse(await readFile(SUCCESS, 'utf8')) as { workflow_job: Record<string, unknown> }
  payload.workflow_job.status = 'in_progress'
  payload.workflow_job.conclusion = null
  expect(await readTextItems(JSON.stringify(payload), 'job.json')).toEqual([{ kind: 'pending', count: 1 }])
})
