import {
  type ComparedRun,
  type ComparedStep,
  type CriticalPath,
  DIFFERENCE_WORDS,
  type DifferenceKind,
  outcomeOf,
  type RunStep,
  type RunsCompared,
  type StepDifference,
} from '@forge/writer-analytics'
import { didNotRun } from '@forge/writer-core'
import { changeText, countOf, countText, durationText, percentText, visibleText } from '@forge/writer-core/text'
import { errorCell, nameOf, outcomeText, panel, table } from '../parts/elements.ts'
import type { PageView } from '../parts/view.ts'
import { type Html, html } from '../text/html.ts'

const MAX_STEPS = 200

/** A step of both runs, and what is different about it. */
interface Pair extends ComparedStep {
  readonly kinds: readonly DifferenceKind[]
}

/** Returns the page that compares a run with the last good run before it: the figures side by side, then the steps that differ, then the others. */
export function comparePage(compared: RunsCompared, differences: readonly StepDifference[], view: PageView): Html {
  const { a, b, figures } = compared
  const order = new Map(differences.map((each, at) => [keyOf(each), at]))
  const steps = compared.steps.map((step) => ({
    ...step,
    kinds: differences[order.get(keyOf(step)) ?? -1]?.kinds ?? [],
  }))
  const differing = steps
    .filter(({ kinds }) => kinds.length > 0)
    .sort((one, other) => (order.get(keyOf(one)) ?? 0) - (order.get(keyOf(other)) ?? 0))
  const equal = steps.filter(({ kinds }) => kinds.length === 0)
  const rest =
    equal.length === 0
      ? null
      : html`<details><summary>${countOf(equal.length, 'step is', 'steps are')} as before</summary>${stepTable(equal, view, b.pipeline)}</details>`
  return html`<header class="page-head"><h1>Runs of ${nameOf(b.pipeline, view.links.pipeline(b.pipeline))} compared</h1></header>
${panel('Runs', runTable([a, b], view))}
${panel('Figures', figureTable(figures))}
${panel('Steps that differ', html`${differing.length === 0 ? html`<p class="empty">No step differs.</p>` : stepTable(differing, view, b.pipeline)}${rest}`)}
${panel('Critical paths', html`${pathText('before', a.criticalPath)}${pathText('now', b.criticalPath)}`)}`
}

function keyOf({ phase, step }: Pick<ComparedStep, 'phase' | 'step'>): string {
  return JSON.stringify([phase, step])
}

function runTable(runs: readonly ComparedRun[], { clock, links }: PageView): Html {
  return table<ComparedRun>(
    [
      { header: '', cell: (run) => (run === runs[0] ? 'before' : 'now') },
      { header: 'Run', cell: ({ runId }) => nameOf(runId, links.run(runId), { max: 60 }) },
      {
        header: 'Outcome',
        cell: ({ success }) => outcomeText(outcomeOf(success)),
      },
      { header: clock.header('Started'), cell: ({ startedAt }) => clock.minute(startedAt) },
      { header: 'Mode', cell: ({ mode }) => visibleText(mode) },
    ],
    runs,
    { caption: 'The runs that are compared' },
  )
}

interface Figure {
  readonly name: string
  readonly change: RunsCompared['figures']['steps']
  readonly format: (value: number | null) => string
}

function figureTable(figures: RunsCompared['figures']): Html {
  const rows: readonly Figure[] = [
    { name: 'Duration', change: figures.durationSecs, format: durationText },
    { name: 'Steps', change: figures.steps, format: countText },
    { name: 'Failed steps', change: figures.failedSteps, format: countText },
    { name: 'Rows processed', change: figures.rowsProcessed, format: countText },
    { name: 'Rows written', change: figures.rowsWritten, format: countText },
  ]
  return table<Figure>(
    [
      { header: 'Figure', cell: ({ name }) => name },
      { header: 'Before', isNumber: true, cell: ({ change, format }) => format(change.previous) },
      { header: 'Now', isNumber: true, cell: ({ change, format }) => format(change.current) },
      { header: 'Change', isNumber: true, cell: ({ change }) => changeText(change.changePercent) },
    ],
    rows,
    { caption: 'Figures of both runs' },
  )
}

function stepTable(steps: readonly Pair[], { links }: PageView, pipeline: string): Html {
  const rows = table<Pair>(
    [
      {
        header: '',
        cell: ({ kinds }) =>
          kinds.map(
            (kind, at) => html`${at === 0 ? null : ' '}<span class="kind ${kind}">${DIFFERENCE_WORDS[kind]}</span>`,
          ),
      },
      { header: 'Step', cell: ({ phase, step }) => nameOf(`${phase}/${step}`, links.step(pipeline, phase, step)) },
      {
        header: 'Before',
        isNumber: true,
        cell: ({ a }) => ranText(a, ({ durationSecs }) => durationText(durationSecs)),
      },
      { header: 'Now', isNumber: true, cell: ({ b }) => ranText(b, ({ durationSecs }) => durationText(durationSecs)) },
      {
        header: 'Change',
        isNumber: true,
        cell: ({ a, b, durationSecs }) => {
          // The duration of a failed step only shows how far it came, so it is not a change.
          const hasFailed = a?.success === false || b?.success === false
          return hasFailed ? '' : changeText(durationSecs.changePercent)
        },
      },
      { header: 'Rows before', isNumber: true, cell: ({ rowsProcessed }) => countText(rowsProcessed.previous) },
      { header: 'Rows now', isNumber: true, cell: ({ rowsProcessed }) => countText(rowsProcessed.current) },
      { header: 'Valid now', isNumber: true, cell: ({ validationRate }) => percentText(validationRate.current) },
      { header: 'Error', cell: ({ b }) => errorCell(b?.success === false ? b.errorMessage : null) },
    ],
    steps.slice(0, MAX_STEPS),
    { caption: 'Steps, those whose duration changed most first' },
  )
  return html`${rows}${steps.length > MAX_STEPS ? html`<p class="note">and ${countText(steps.length - MAX_STEPS)} more</p>` : null}`
}

/** Returns a figure of a step, or the words for a step that did not run, whose stored figures do not count. */
function ranText(step: RunStep | null, figure: (step: RunStep) => string): string {
  return step && !didNotRun(step.status) ? figure(step) : DIFFERENCE_WORDS.didNotRun
}

function pathText(name: string, path: CriticalPath | null): Html | null {
  if (!path) return null
  const steps = path.steps
    .slice(0, 12)
    .map(
      ({ step, durationSecs }, at) =>
        html`${at === 0 ? '' : ' → '}${nameOf(step, null, { max: 40 })} ${durationText(durationSecs)}`,
    )
  return html`<p><b>${name}</b> ${steps}${path.steps.length > 12 ? ' → …' : ''}; ${durationText(path.spanSecs)} in all, ${durationText(path.waitSecs)} waiting</p>`
}
