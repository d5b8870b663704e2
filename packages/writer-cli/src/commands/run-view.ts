import type { RunViewed, ViewedStep } from '@forge/writer-analytics'
import { countOf, visibleLine, visibleText } from '@forge/writer-core/text'
import { defineCommand } from '../command/command.ts'
import { integer } from '../command/option.ts'
import { choiceOf, RUN_CHOICE } from '../command/owner-options.ts'
import { viewedRun } from '../command/viewed-run.ts'
import { ZONE_OPTION } from '../command/zone-option.ts'
import { caveatLines } from '../output/caveats.ts'
import { countText, durationText } from '../output/format.ts'
import type { Output } from '../output/output.ts'
import { differenceLines } from '../output/run-differences.ts'
import { outputLines } from '../output/run-outputs.ts'
import { OUTCOME_STYLES } from '../output/run-text.ts'
import { timelineLines } from '../output/run-timeline.ts'

export const runView = defineCommand({
  description:
    'Show one run: what differs from the last good run of its pipeline and mode, its steps over time, and its errors in full',
  args: [{ name: '[run]', description: 'Id of the run, or the beginning of it; default: the newest run' }],
  options: {
    ...RUN_CHOICE,
    limit: integer('Maximum number of steps and of differences', { short: 'n', min: 1, default: 40 }),
    ...ZONE_OPTION,
  },
  examples: [
    { command: 'run view', does: 'the newest run' },
    { command: 'run view 3f2a', does: 'the run whose id begins with 3f2a' },
    { command: 'run view --pipeline shop --json', does: 'the newest run of a pipeline, for another program' },
  ],
  async run({ args, options, output, openSource }) {
    const view = await viewedRun(await openSource(), args[0], choiceOf(options))
    await output.result(view, () => viewLines(view, output, options.limit))
  },
})

function* viewLines(view: RunViewed, output: Output, limit: number): Generator<string> {
  yield* headLines(view, output)
  yield* caveatLines({ nonFiniteSteps: view.run.nonFiniteSteps, futureSteps: 0 })
  yield ''
  yield* differenceLines(view, output, limit)
  if (view.steps.length > 0) {
    yield ''
    yield output.style('bold', 'steps')
    yield* timelineLines(view, output, limit)
    yield* pathLines(view)
  }
  yield* errorLines(view, output, limit)
  yield* outputLines(view.outputs, output)
}

/** Yields the facts of a run in a few lines. */
export function* headLines({ run, steps, failingSince }: RunViewed, output: Output): Generator<string> {
  const failed = steps.filter(({ success }) => success === false).length
  const verb = { succeeded: 'succeeded', failed: 'failed', unknown: 'has an unknown outcome' }[run.outcome]
  const duration = run.durationSecs === null ? '' : ` after ${durationText(run.durationSecs)}`
  const head = `${run.pipeline} ${verb}${duration}`
  yield `${output.style(['bold', ...[OUTCOME_STYLES[run.outcome]].flat()], visibleLine(head))}  ${output.clock.withZone(run.startedAt)}`
  const rows = run.rowsProcessed > 0 ? [`${countText(run.rowsProcessed)} rows`] : []
  const counts = `${countOf(steps.length, 'step', 'steps')}${failed > 0 ? `, ${countText(failed)} failed` : ''}`
  yield visibleLine([`run ${run.runId}`, run.mode, counts, ...rows].join(', '))
  const belongs = [
    ...(run.owner === null ? [] : [`owner ${run.owner}`]),
    ...(run.tags.length > 0 ? [`tags ${run.tags.join(', ')}`] : []),
  ]
  if (belongs.length > 0) yield visibleLine(belongs.join('; '))
  if (failingSince && failingSince.failedRuns > 1) {
    yield visibleLine(
      `fails since ${output.clock.withZone(failingSince.startedAt) || 'an unknown time'} (run ${failingSince.runId}), ${countText(failingSince.failedRuns)} runs`,
    )
  }
}

function* pathLines({ criticalPath }: RunViewed): Generator<string> {
  if (!criticalPath) return
  const { steps, spanSecs, waitSecs } = criticalPath
  yield `critical path (full blocks): ${countOf(steps.length, 'step', 'steps')}, ${durationText(spanSecs)} in all, ${durationText(waitSecs)} waiting`
}

function* errorLines({ run, steps }: RunViewed, output: Output, limit: number): Generator<string> {
  const failed = steps.filter(({ success, errorMessage }) => success === false && errorMessage !== null)
  for (const step of failed.slice(0, limit)) {
    yield ''
    yield output.style('red', visibleLine(errorTitle(step)))
    yield* indentLines(step.errorMessage ?? '')
  }
  if (failed.length > limit) yield `and ${countText(failed.length - limit)} more errors`
  const isOwn = run.errorMessage !== null && !failed.some(({ errorMessage }) => errorMessage === run.errorMessage)
  if (isOwn) {
    yield ''
    yield output.style('red', 'error of the run')
    yield* indentLines(run.errorMessage ?? '')
  }
}

function errorTitle({ phase, step, attempts }: ViewedStep): string {
  return `error of ${phase}/${step}${attempts > 1 ? `, last of ${attempts} attempts` : ''}`
}

function indentLines(message: string): string[] {
  return visibleText(message.trimEnd())
    .split('\n')
    .map((line) => `  ${line}`)
}
