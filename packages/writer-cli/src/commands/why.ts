import type { BrokenStep, RunExplanation } from '@forge/writer-analytics'
import { WriterTableError } from '@forge/writer-core'
import { countOf, visibleLine, visibleText } from '@forge/writer-core/text'
import { defineCommand } from '../command/command.ts'
import { choiceOf, RUN_CHOICE } from '../command/owner-options.ts'
import { ZONE_OPTION } from '../command/zone-option.ts'
import { countText, durationText } from '../output/format.ts'
import type { Output } from '../output/output.ts'
import { differenceLines } from '../output/run-differences.ts'
import { OUTCOME_STYLES } from '../output/run-text.ts'

type Explained = Extract<RunExplanation, { readonly available: true }>

const MAX_BROKEN = 3
const MAX_MESSAGE_LINES = 6
const MAX_DIFFERENCES = 8
const MAX_WAITING = 8

export const why = defineCommand({
  description:
    'Explain a run on one screen: what broke, since when, what changed, and which steps did not run because of it',
  args: [{ name: '[run]', description: 'Id of the run, or the beginning of it; default: the newest run' }],
  options: {
    ...RUN_CHOICE,
    ...ZONE_OPTION,
  },
  examples: [
    { command: 'why', does: 'what is wrong with the newest run' },
    { command: 'why run-42', does: 'what is wrong with one run' },
    { command: 'why --pipeline shop --json', does: 'the newest run of a pipeline, for another program' },
  ],
  async run({ args, options, output, openSource }) {
    const { explainRun, findRun } = await import('@forge/writer-analytics')
    const source = await openSource()
    const explained = await explainRun(source, await findRun(source, args[0], choiceOf(options)))
    if (!explained.available) throw new WriterTableError(explained.reason)
    await output.result(explained, () => lines(explained, output))
  },
})

function* lines(explained: Explained, output: Output): Generator<string> {
  const { run, brokenSteps, waitingSteps } = explained
  const verb = { succeeded: 'did not fail', failed: 'failed', unknown: 'has an unknown outcome' }[run.outcome]
  const style = [OUTCOME_STYLES[run.outcome]].flat()
  yield `${output.style(['bold', ...style], visibleLine(`${run.pipeline} ${verb}`))}  run ${visibleLine(run.runId)}, ${output.clock.withZone(run.startedAt) || 'no time'}`
  yield* sinceLines(explained, output)
  for (const step of brokenSteps.slice(0, MAX_BROKEN)) yield* brokenLines(step, output)
  if (brokenSteps.length > MAX_BROKEN) yield `and ${countText(brokenSteps.length - MAX_BROKEN)} more failed steps`
  if (brokenSteps.length === 0 && run.errorMessage !== null) yield* messageLines(run.errorMessage)
  if (waitingSteps.length > 0) {
    yield ''
    yield output.style('bold', countOf(waitingSteps.length, 'step did not run', 'steps did not run'))
    const names = waitingSteps.slice(0, MAX_WAITING).map(({ phase, step }) => `${phase}/${step}`)
    const more = waitingSteps.length - names.length
    yield visibleLine(`  ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`)
  }
  yield ''
  yield* differenceLines(explained, output, MAX_DIFFERENCES)
}

function* sinceLines({ failingSince, lastGoodRun }: Explained, { clock }: Output): Generator<string> {
  if (!failingSince) return
  const good = lastGoodRun
    ? `; the last good run was ${lastGoodRun.runId}, ${clock.withZone(lastGoodRun.startedAt) || 'no time'}`
    : '; no earlier run succeeded'
  const first =
    failingSince.failedRuns === 1
      ? 'This is the first failure'
      : `${countText(failingSince.failedRuns)} runs failed in a row, since ${clock.withZone(failingSince.startedAt) || 'an unknown time'} (run ${failingSince.runId})`
  yield visibleLine(`${first}${good}`)
}

function* brokenLines(
  { phase, step, isNew, durationSecs, attempts, errorMessage }: BrokenStep,
  output: Output,
): Generator<string> {
  const news = isNew === null ? '' : isNew ? ', a new error' : ', an error that happened before'
  const tries = attempts > 1 ? ` and ${attempts} attempts` : ''
  const after = durationSecs === null ? '' : ` after ${durationText(durationSecs)}${tries}`
  yield ''
  yield `${output.style('red', '✗')} ${output.style('bold', visibleLine(`${phase}/${step}`))} failed${after}${news}`
  yield* messageLines(errorMessage ?? 'no message is recorded')
}

function* messageLines(message: string): Generator<string> {
  const all = visibleText(message.trim()).split('\n')
  for (const line of all.slice(0, MAX_MESSAGE_LINES)) yield `  ${line}`
  if (all.length > MAX_MESSAGE_LINES)
    yield `  and ${countText(all.length - MAX_MESSAGE_LINES)} more lines; see run view`
}
