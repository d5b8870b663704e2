import { setTimeout as sleep } from 'node:timers/promises'
import { OUTCOME_MARKS, outcomeOf, type RunViewed, type ViewedStep } from '@forge/writer-analytics'
import { isWriterError } from '@forge/writer-core'
import { firstLine, visibleLine } from '@forge/writer-core/text'
import { defineCommand } from '../command/command.ts'
import { EXIT } from '../command/exit-code.ts'
import { flag, number } from '../command/option.ts'
import { choiceOf, RUN_CHOICE } from '../command/owner-options.ts'
import { viewedRun } from '../command/viewed-run.ts'
import { ZONE_OPTION } from '../command/zone-option.ts'
import { countText, durationText } from '../output/format.ts'
import type { Output } from '../output/output.ts'
import { OUTCOME_STYLES } from '../output/run-text.ts'
import { headLines } from './run-view.ts'

export const runWatch = defineCommand({
  description: 'Print the steps of a run as they are recorded, until the row of the whole run is recorded or Ctrl-C',
  args: [{ name: '[run]', description: 'Id of the run, or the beginning of it; default: the newest run' }],
  isContinuous: true,
  options: {
    ...RUN_CHOICE,
    interval: number('Polling interval in seconds', { value: 'secs', min: 0.05, default: 1 }),
    exitStatus: flag('Exit with 3 if the run fails'),
    ...ZONE_OPTION,
  },
  examples: [
    { command: 'run watch', does: 'the newest run' },
    { command: 'run watch nightly-7 --exit-status && publish', does: 'continue only if the run succeeds' },
  ],
  async run({ args, options, output, openSource, signal }) {
    const source = await openSource({ mayBeMissing: true })
    const table = await source.table()
    const printed = new Set<string>()
    let runId = args[0]
    let version = -2
    for (;;) {
      const { version: current, exists } = await table.info()
      if (exists && current !== version) {
        version = current
        const view = await viewedRun(source, runId, choiceOf(options)).catch(whenMissing)
        if (view) {
          // The command keeps watching the run that was the newest when it started.
          runId = view.run.runId
          await printNew(view, printed, output)
          if (view.run.hasOwnRow) {
            await output.result(view, () => ['', ...headLines(view, output)])
            return options.exitStatus && view.run.outcome === 'failed' ? EXIT.breach : EXIT.ok
          }
        }
      }
      await sleep(options.interval * 1000, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return undefined
    }
  },
})

/** A run that is not recorded yet is waited for; a beginning that several runs have, or a run that is not chosen, is an error. */
function whenMissing(error: unknown): undefined {
  const isWaitedFor = isWriterError(error) && !('runs' in error.context) && !('otherRuns' in error.context)
  if (isWaitedFor && error.code === 'CONFIGURATION') return undefined
  throw error
}

async function printNew({ run, steps }: RunViewed, printed: Set<string>, output: Output): Promise<void> {
  if (output.isJson) return
  if (printed.size === 0) {
    printed.add('')
    await output.print(
      output.style('bold', visibleLine(`${run.pipeline}, run ${run.runId}, ${output.clock.withZone(run.startedAt)}`)),
    )
  }
  for (const step of steps) {
    for (const line of newLines(step, printed, output)) await output.print(line)
  }
}

function* newLines(step: ViewedStep, printed: Set<string>, { style }: Output): Generator<string> {
  for (const { executionId, success, status, durationSecs, errorMessage } of step.executions) {
    const key = JSON.stringify([step.phase, step.step, executionId, success, status])
    if (printed.has(key)) continue
    printed.add(key)
    const outcome = outcomeOf(success)
    const rows = step.rowsProcessed ? `, ${countText(step.rowsProcessed)} rows` : ''
    yield `${style(OUTCOME_STYLES[outcome], OUTCOME_MARKS[outcome])} ${visibleLine(`${step.phase}/${step.step}`)}  ${durationText(durationSecs)}${rows}`
    const line = firstLine(errorMessage, 1000)
    if (outcome === 'failed' && line !== '') yield `  ${visibleLine(line)}`
  }
}
