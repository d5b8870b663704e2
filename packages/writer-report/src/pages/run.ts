import {
  DIFFERENCE_WORDS,
  didNotRun,
  outcomeOf,
  type RunViewed,
  type StepDifference,
  type ViewedStep,
} from '@forge/writer-analytics'
import {
  changeText,
  countOf,
  countText,
  durationText,
  firstLine,
  percentText,
  UNKNOWN,
  visibleText,
} from '@forge/writer-core/text'
import { gantt, ganttSteps } from '../charts/gantt.ts'
import { belonging } from '../parts/belonging.ts'
import { chart, empty, errorCell, facts, nameOf, panel, type StateWord, stateMark, table } from '../parts/elements.ts'
import type { View } from '../parts/view.ts'
import { type Html, html } from '../text/html.ts'
import { outputPanel } from './output-panel.ts'
import { findingsOfRun } from './run-findings.ts'

const MAX_STEPS = 100
const MAX_ERRORS = 20
const MAX_MESSAGE = 2000
const MAX_DETAILS = 16

/** Returns the page of a run: what differs from the last good run, its steps over time, and its errors. */
export function runPage(viewed: RunViewed, view: View): Html {
  const { run, failingSince } = viewed
  const { clock, links } = view
  const since =
    failingSince && failingSince.failedRuns > 1
      ? html`${countOf(failingSince.failedRuns, 'run', 'runs')} in a row, since ${clock.zoned.minute(failingSince.startedAt)}`
      : null
  return html`<header class="page-head"><h1>Run of ${nameOf(run.pipeline, links.pipeline(run.pipeline))} ${stateMark(run.outcome)}</h1>${belonging(run.owner, run.tags)}</header>
${facts([
  ['Run', nameOf(run.runId)],
  ['Started', clock.zoned.second(run.startedAt)],
  ['Ended', clock.zoned.second(run.endedAt)],
  ['Duration', html`${durationText(run.durationSecs)}${changeOf(viewed.changes?.durationSecs.changePercent)}`],
  ['Mode', run.mode],
  [
    'Rows',
    run.rowsProcessed > 0
      ? html`${countText(run.rowsProcessed)}${changeOf(viewed.changes?.rowsProcessed.changePercent)}`
      : null,
  ],
  ['Fails', since],
  ...detailFacts(run.details),
])}
${errors(viewed)}
${outputPanel(viewed.outputs)}
${findingsOfRun(viewed.run.runId, view)}
${panel('What is different', differences(viewed, view), { note: goodNote(viewed, view) })}
${panel('Steps over time', overTime(viewed, view))}
${panel('Steps', stepTable(viewed, view), { note: viewed.steps.length > MAX_STEPS ? `the ${MAX_STEPS} that failed or took longest, of ${countText(viewed.steps.length)}` : null })}`
}

function changeOf(percent: number | null | undefined): string | null {
  const text = changeText(percent ?? null)
  return text === '' ? null : ` (${text} from the last good run)`
}

/** Returns short metadata of the run's own row, in which its recorder may describe it further. */
function detailFacts(details: RunViewed['run']['details']): (readonly [string, Html | string])[] {
  const skipped = new Set(['owner', 'tags', 'status'])
  return Object.entries(details)
    .filter(([key, value]) => !skipped.has(key) && ['string', 'number', 'boolean'].includes(typeof value))
    .slice(0, MAX_DETAILS)
    .map(([key, value]) => [visibleText(firstLine(key, 40)), detailText(String(value))] as const)
}

/** Returns a value, as a link if it is the address of a page. */
function detailText(value: string): Html {
  const text = html`<bdi>${visibleText(firstLine(value, 200))}</bdi>`
  if (!/^https?:\/\/[^\s]{1,400}$/.test(value) || !URL.canParse(value)) return text
  return html`<a href="${new URL(value).href}" rel="noopener noreferrer">${text}</a>`
}

function errors({ steps, run }: RunViewed): Html | null {
  const failed = steps.filter(({ success, errorMessage }) => success === false && errorMessage !== null)
  const own = run.errorMessage !== null && !failed.some(({ errorMessage }) => errorMessage === run.errorMessage)
  if (failed.length === 0 && !own) return null
  const blocks = failed
    .slice(0, MAX_ERRORS)
    .map(
      ({ phase, step, errorMessage }, at) =>
        html`<details${at < 3 ? html` open` : null}><summary><b><bdi>${visibleText(firstLine(`${phase}/${step}`, 80))}</bdi></b> ${visibleText(firstLine(errorMessage, 120))}</summary><pre>${messageText(errorMessage)}</pre></details>`,
    )
  const more =
    failed.length > MAX_ERRORS
      ? html`<p class="note">and ${countOf(failed.length - MAX_ERRORS, 'error', 'errors')} more</p>`
      : null
  return panel('Errors', html`${own ? html`<pre>${messageText(run.errorMessage)}</pre>` : null}${blocks}${more}`)
}

function messageText(message: string | null): string {
  const text = message ?? ''
  return visibleText(
    text.length > MAX_MESSAGE
      ? `${text.slice(0, MAX_MESSAGE / 2)}\n… ${countText(text.length - MAX_MESSAGE)} characters left out …\n${text.slice(-MAX_MESSAGE / 2)}`
      : text,
  )
}

function goodNote({ lastGoodRun, run }: RunViewed, { clock, links }: View): Html | string {
  if (!lastGoodRun) return ''
  const href = links.compare(lastGoodRun.runId, run.runId)
  const all = href === null ? null : html`, <a href="${href}">side by side</a>`
  return html`compared with the last good run ${nameOf(lastGoodRun.runId, links.run(lastGoodRun.runId), { max: 40 })}, ${clock.zoned.minute(lastGoodRun.startedAt)}${all}`
}

function differences({ lastGoodRun, differences: found, equalSteps }: RunViewed, { links }: View): Html {
  if (!lastGoodRun) return empty('No run of this pipeline and mode succeeded before.')
  const same = html`<p class="note">${countOf(equalSteps, 'step is', 'steps are')} as before.</p>`
  if (found.length === 0) return same
  const rows = table<StepDifference>(
    [
      {
        header: '',
        cell: ({ kinds }) =>
          kinds.map(
            (kind, at) => html`${at === 0 ? null : ' '}<span class="kind ${kind}">${DIFFERENCE_WORDS[kind]}</span>`,
          ),
      },
      {
        header: 'Step',
        cell: ({ phase, step, b }) =>
          nameOf(`${phase}/${step}`, b ? links.step(lastGoodRun.pipeline, phase, step) : null),
      },
      {
        header: 'Duration',
        isNumber: true,
        cell: ({ b, durationSecs }) => fromTo(durationSecs, { format: durationText, step: b }),
      },
      {
        header: 'Rows',
        isNumber: true,
        cell: ({ b, rowsProcessed }) => fromTo(rowsProcessed, { format: countText, step: b }),
      },
      {
        header: 'Valid',
        isNumber: true,
        cell: ({ b, validationRate }) => fromTo(validationRate, { format: percentText, step: b, hasDelta: false }),
      },
    ],
    found.slice(0, MAX_STEPS),
    { caption: 'Steps that differ from the last good run' },
  )
  return html`${rows}${found.length > MAX_STEPS ? html`<p class="note">and ${countText(found.length - MAX_STEPS)} more</p>` : null}${equalSteps > 0 ? same : null}`
}

interface ChangeContext {
  readonly format: (value: number | null) => string
  /** The step in the later run. */
  readonly step: StepDifference['b']
  readonly hasDelta?: boolean | undefined
}

function fromTo(
  { previous, current, changePercent }: StepDifference['durationSecs'],
  { format, step, hasDelta = true }: ChangeContext,
): Html | string {
  if (step && didNotRun(step.status)) return UNKNOWN
  if (previous === current) return format(current)
  // The duration of a failed step only shows how far it came, so it is not a change.
  const delta = hasDelta && step?.success === true ? changeText(changePercent) : ''
  return html`${format(previous)} → ${format(current)}${delta === '' ? null : html` <span class="delta">${delta}</span>`}`
}

function overTime(viewed: RunViewed, view: View): Html {
  const steps = ganttSteps(viewed.steps)
  if (steps.length === 0) return empty('No step of this run has a time.')
  const { criticalPath } = viewed
  const path = criticalPath?.steps ?? []
  const note = criticalPath
    ? `${countOf(path.length, 'step', 'steps')}, ${durationText(criticalPath.spanSecs)} in all, ${durationText(criticalPath.waitSecs)} waiting`
    : null
  const behind = table(
    [
      { header: 'Step', cell: ({ phase, step }) => nameOf(`${phase}/${step}`) },
      { header: view.clock.header('Started'), cell: ({ startedAt }) => view.clock.second(startedAt) },
      { header: 'Duration', isNumber: true, cell: ({ durationSecs }) => durationText(durationSecs) },
      { header: 'Waited', isNumber: true, cell: ({ waitSecs }) => durationText(waitSecs) },
      { header: 'Share', isNumber: true, cell: ({ sharePercent }) => percentText(sharePercent) },
    ],
    path.slice(0, MAX_STEPS),
    { caption: 'The critical path' },
  )
  return chart(gantt(viewed, steps, view), behind, { title: 'Critical path', note })
}

function stepTable({ steps, run }: RunViewed, { links, model }: View): Html {
  if (steps.length === 0) return empty('No step of this run is recorded.')
  const weight = ({ success, durationSecs }: ViewedStep) => (success === false ? 1e12 : 0) + (durationSecs ?? 0)
  const chosen = steps.length <= MAX_STEPS ? steps : steps.toSorted((a, b) => weight(b) - weight(a)).slice(0, MAX_STEPS)
  const grid = model.pipelinePages.find(({ state }) => state.pipeline === run.pipeline)?.grid
  const medians = new Map(grid?.steps.map((step) => [`${step.phase}/${step.step}`, step.medianDurationSecs]))
  const medianOf = ({ phase, step }: ViewedStep) => medians.get(`${phase}/${step}`) ?? null
  return table<ViewedStep>(
    [
      { header: '', cell: (step) => stepState(step) },
      { header: 'Step', cell: ({ phase, step }) => nameOf(`${phase}/${step}`, links.step(run.pipeline, phase, step)) },
      {
        header: 'Duration',
        isNumber: true,
        cell: ({ status, durationSecs }) => (didNotRun(status) ? UNKNOWN : durationText(durationSecs)),
      },
      ...(medians.size === 0
        ? []
        : [
            {
              header: 'Of the median',
              isNumber: true,
              cell: (step: ViewedStep) =>
                step.success === true && !didNotRun(step.status) ? ofMedian(step.durationSecs, medianOf(step)) : '',
            },
          ]),
      {
        header: 'Share',
        isNumber: true,
        cell: ({ status, sharePercent }) =>
          sharePercent === null || didNotRun(status) ? UNKNOWN : percentText(Number(sharePercent.toFixed(1))),
      },
      {
        header: 'Rows',
        isNumber: true,
        cell: ({ status, rowsProcessed }) => (didNotRun(status) ? UNKNOWN : countText(rowsProcessed)),
      },
      {
        header: 'Written',
        isNumber: true,
        cell: ({ status, rowsWritten }) => (didNotRun(status) ? UNKNOWN : countText(rowsWritten)),
      },
      {
        header: 'Invalid',
        isNumber: true,
        cell: ({ status, invalidRows, rowsProcessed }) =>
          rowsProcessed === null || didNotRun(status) ? UNKNOWN : countText(invalidRows),
      },
      { header: 'Tries', isNumber: true, cell: ({ attempts }) => countText(attempts) },
      ...(chosen.some(({ errorMessage }) => errorMessage !== null)
        ? [
            {
              header: 'Error',
              cell: ({ errorMessage }: ViewedStep) => errorCell(errorMessage),
            },
          ]
        : []),
    ],
    chosen,
    { caption: 'Steps of the run' },
  )
}

/** Returns the difference between a duration and the median of the last runs. */
function ofMedian(seconds: number | null, median: number | null): string {
  return seconds === null || median === null || median === 0 ? '' : changeText((seconds / median - 1) * 100)
}

function stepState({ success, status }: ViewedStep): Html {
  const word: StateWord = outcomeOf(success)
  const isPlain = status === 'success' || status === 'failed'
  return isPlain
    ? stateMark(word, { isShort: true })
    : stateMark(didNotRun(status) ? 'unknown' : word, { word: status })
}
