import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('judge.py', import.meta.url))
const MARK = '\u0001'

/** Returns the verdicts of Great Expectations, in the order of the cases: `{ passed, checked?, failing?, observed? }` or `{ error }`. */
export function theirVerdicts(python, cases) {
  const input = JSON.stringify(cases.map(({ columns, rows, expectation }) => tagValue({ columns, rows, expectation })))
  const { stdout, stderr, status } = spawnSync(python, [script], { input, encoding: 'utf8', maxBuffer: 2 ** 26 })
  const answer = stdout?.split(MARK)[1]
  if (status !== 0 || answer === undefined) throw new Error(`the judge ended with ${status}: ${stderr?.slice(-2000)}`)
  return JSON.parse(answer).verdicts
}

/** Replaces values that JSON cannot represent by their kind and text. */
function tagValue(value) {
  if (typeof value === 'bigint') return { $: ['int64', String(value)] }
  if (typeof value === 'number' && !Number.isFinite(value)) return { $: ['double', String(value)] }
  if (value instanceof Date) return { $: ['timestamp', value.toISOString()] }
  if (Array.isArray(value)) return value.map(tagValue)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .map(([key, each]) => [key, tagValue(each)]),
  )
}
