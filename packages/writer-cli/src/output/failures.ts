import { hasFailed, hasNoOutcome, type Row, statusOf } from '@forge/writer-core'
import { textOrNull } from '@forge/writer-core/storage'
import { countOf, firstLine, visibleLine } from '@forge/writer-core/text'
import type { RecordedFailure } from '@forge/writer-ingest'
import type { Output } from './output.ts'
import { cutMiddle } from './table.ts'

const MAX_CHARACTERS = 500
/** The cells next to the name in its line: the mark, a blank and a colon. */
const MARKS = 3
const NO_MESSAGE = 'no message was recorded'

/** Returns the failures among rows of the log. Steps that did not run because of another one are not among them. */
export function failuresOf(rows: readonly Row[]): readonly RecordedFailure[] {
  const failed = rows.filter((row) => hasFailed(row) && !hasNoOutcome(statusOf(row)))
  return failed.map(({ run_id, pipeline_id, phase, step_name, error_message }) => ({
    runId: textOrNull(run_id),
    pipelineId: textOrNull(pipeline_id),
    phase: textOrNull(phase) ?? '',
    stepName: textOrNull(step_name),
    message: textOrNull(error_message),
  }))
}

/** Yields what failed and why, a line each; nothing if nothing failed. A run whose failed steps are listed is not listed itself. */
export function* failureLines(
  failures: readonly RecordedFailure[],
  { style, width }: Output,
  limit?: number,
): Generator<string> {
  const runsOfSteps = new Set(failures.filter(({ phase }) => phase !== 'pipeline').map(({ runId }) => runId))
  const listed = failures.filter(({ phase, runId }) => phase !== 'pipeline' || !runsOfSteps.has(runId))
  if (listed.length === 0) return
  const shown = listed.slice(0, limit)
  const shorten = (name: string) => (width === undefined ? name : cutMiddle(name, width - MARKS))
  yield ''
  for (const { pipelineId, phase, stepName, message } of shown) {
    const names = phase === 'pipeline' ? [pipelineId] : [pipelineId, phase, stepName]
    const name = names.filter((each) => each !== null && each !== '').join('/')
    yield `${style('red', '✗')} ${style('bold', shorten(visibleLine(name)))}: ${visibleLine(firstLine(message, MAX_CHARACTERS) || NO_MESSAGE)}`
  }
  if (shown.length < listed.length)
    yield `and ${countOf(listed.length - shown.length, 'more failure', 'more failures')}`
}
