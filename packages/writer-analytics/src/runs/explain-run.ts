import { and, didNotRun, eq, literal, lt, type TableSource } from '@forge/writer-core'
import { openReading } from '../reading/log-reading.ts'
import { assertTableOption, type TableOption } from '../reading/table-option.ts'
import { messagesBefore } from '../summary/failures.ts'
import { normaliseMessage } from '../summary/normalise-message.ts'
import type { RunStep } from './run-steps.ts'
import { type RunView, type RunViewed, viewRun } from './view-run.ts'

/** The explanation of a run: why it failed, or that it did not. */
export type RunExplanation =
  | (Pick<RunViewed, 'tableFqn' | 'run' | 'lastGoodRun' | 'changes' | 'differences' | 'equalSteps' | 'failingSince'> & {
      readonly available: true
      /** The steps that failed, in order of start. */
      readonly brokenSteps: readonly BrokenStep[]
      /** The steps that did not run because of others. */
      readonly waitingSteps: readonly RunStep[]
    })
  | { readonly available: false; readonly reason: string; readonly tableFqn: string }

export interface BrokenStep extends RunStep {
  /** True if no step of the pipeline failed with this message before the run; null if the run has no time. */
  readonly isNew: boolean | null
}

/** Explains one run: what broke, since when, what changed, and which steps did not run. Throws as {@link viewRun} does. */
export async function explainRun(
  source: TableSource,
  runId: string,
  options: TableOption = {},
): Promise<RunExplanation> {
  assertTableOption('explainRun', options)
  const view: RunView = await viewRun(source, runId, options)
  if (!view.available) {
    return { available: false, reason: view.reason, tableFqn: view.tableFqn }
  }
  const { tableFqn, run, steps, lastGoodRun, changes, differences, equalSteps, failingSince } = view
  const broken = steps.filter(({ success, status }) => success === false && !didNotRun(status))
  const known = await messagesKnown(source, view, { broken, table: options.table })
  return {
    available: true,
    tableFqn,
    run,
    brokenSteps: broken.map((step) => ({ ...step, isNew: known ? !known.has(messageOf(step)) : null })),
    waitingSteps: steps.filter(({ status }) => didNotRun(status)),
    lastGoodRun,
    changes,
    differences,
    equalSteps,
    failingSince,
  }
}

interface Broken {
  readonly broken: readonly RunStep[]
  readonly table: string | undefined
}

/** Returns the messages that the pipeline had before the run; undefined if the run has no time. */
async function messagesKnown(source: TableSource, { run }: RunViewed, { broken, table }: Broken) {
  if (run.startedAt === null) return undefined
  const reading = await openReading(source, table)
  const before = and(eq('pipeline_id', run.pipeline), lt(reading.startedAt, literal(run.startedAt)))
  return messagesBefore(reading, before, new Set(broken.map(messageOf)))
}

function messageOf({ errorMessage }: RunStep): string {
  return normaliseMessage(errorMessage ?? '')
}
