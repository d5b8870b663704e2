import { doubtsOf, outcomeOf, type RunGrid, type RunViewed, type ViewedStep } from '@forge/writer-analytics'
import { didNotRun } from '@forge/writer-core'
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
import { doubtMarks } from '../parts/doubts.ts'
import {
  chart,
  empty,
  errorCell,
  facts,
  moment,
  nameOf,
  panel,
  type StateWord,
  stateMark,
  table,
} from '../parts/elements.ts'
import type { PageView } from '../parts/view.ts'
import { type Html, html } from '../text/html.ts'
import { labelOf, wordsOf } from '../text/words.ts'
import { outputPanel } from './output-panel.ts'
import { differences } from './run-differences.ts'
import { findingsOfRun } from './run-findings.ts'

/** The parts of the model that the page of a run shows. */
export type RunPageView = PageView<'about' | 'findings' | 'verdicts'>

const MAX_STEPS = 100
const MAX_ERRORS = 20
/** A greater share says that the stored durations contradict the times of the run. */
const MAX_SHARE = 100.5
const MAX_MESSAGE = 2000
const MAX_DETAILS = 16

/** Returns the page of a run: what differs from the last good run, its steps over time, and its errors. */
export function runPage(viewed: RunViewed, view: RunPageView, grid: RunGrid | undefined): Html {
  const { run, failingSince } = viewed
  const { clock, links } = view
  const now = view.model.about.generatedAt
  const isLate = doubtsOf(run, new Date(now)).includes('recordedLate')
  const since =
    failingSince && failingSince.failedRuns > 1
      ? html`${countOf(failingSince.failedRuns, 'run', 'runs')} in a row, since ${moment(failingSince.startedAt, clock.zoned.minute(failingSince.startedAt))}`
      : null
  return html`<header class="page-head"><h1>Run of ${nameOf(run.pipeline, links.pipeline(run.pipeline))} ${stateMark(run.outcome)}</h1>${belonging(run.owner, run.tags)}</header>
${facts([
  ['Run', nameOf(run.runId)],
  [
    'Started',
    html`${moment(run.startedAt, clock.zoned.second(run.startedAt))}${doubtMarks(run, now, { more: endsBeforeStart(viewed) ? ['clockSuspect'] : [] })}`,
  ],
  ['Ended', moment(run.endedAt, clock.zoned.second(run.endedAt))],
  ['Recorded', isLate ? moment(run.recordedAt, clock.zoned.second(run.recordedAt)) : null],
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
${panel('Steps', stepTable(viewed, view, grid), { note: viewed.steps.length > MAX_STEPS ? `the ${MAX_STEPS} that failed or took longest, of ${countText(viewed.steps.length)}` : null })}`
}

/** Returns whether a step ended before it started. */
function endsBeforeStart({ steps }: RunViewed): boolean {
  return steps.some(({ startedAt, endedAt }) => startedAt !== null && endedAt !== null && endedAt < startedAt)
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
    .map(([key, value]) => [visibleText(firstLine(labelOf(key), 40)), detailText(String(value))] as const)
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

function goodNote({ lastGoodRun, run }: RunViewed, { clock, links }: RunPageView): Html | string {
  if (!lastGoodRun) return ''
  const href = links.compare(lastGoodRun.runId, run.runId)
  const all = href === null ? null : html`, <a href="${href}">side by side</a>`
  return html`compared with the last good run ${nameOf(lastGoodRun.runId, links.run(lastGoodRun.runId), { max: 40 })}, ${moment(lastGoodRun.startedAt, clock.zoned.minute(lastGoodRun.startedAt))}${all}`
}

function overTime(viewed: RunViewed, view: RunPageView): Html {
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

function stepTable({ steps, run }: RunViewed, { links }: RunPageView, grid: RunGrid | undefined): Html {
  if (steps.length === 0) return empty('No step of this run is recorded.')
  const weight = ({ success, durationSecs }: ViewedStep) => (success === false ? 1e12 : 0) + (durationSecs ?? 0)
  const chosen = steps.length <= MAX_STEPS ? steps : steps.toSorted((a, b) => weight(b) - weight(a)).slice(0, MAX_STEPS)
  const medians = new Map(grid?.steps.map((step) => [`${step.phase}/${step.step}`, step.medianDurationSecs]))
  const toMedian = ({ phase, step, status, success, durationSecs }: ViewedStep) =>
    success === true && !didNotRun(status) ? changeFrom(medians.get(`${phase}/${step}`) ?? null, durationSecs) : ''
  return table<ViewedStep>(
    [
      { header: '', cell: (step) => stepState(step) },
      {
        header: 'Step',
        cell: ({ phase, step, status }) =>
          html`${nameOf(`${phase}/${step}`, links.step(run.pipeline, phase, step))}${statusNote(status)}`,
      },
      {
        header: 'Duration',
        isNumber: true,
        cell: ({ status, durationSecs }) => (didNotRun(status) ? UNKNOWN : durationText(durationSecs)),
      },
      ...(!chosen.some((step) => toMedian(step) !== '')
        ? []
        : [
            {
              header: 'To median',
              isNumber: true,
              cell: toMedian,
            },
          ]),
      {
        header: 'Share',
        isNumber: true,
        cell: ({ status, sharePercent }) =>
          sharePercent === null || sharePercent > MAX_SHARE || didNotRun(status)
            ? UNKNOWN
            : percentText(Number(sharePercent.toFixed(1))),
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
function changeFrom(median: number | null, seconds: number | null): string {
  return seconds === null || median === null || median === 0 ? '' : changeText((seconds / median - 1) * 100)
}

function stepState({ success, status }: ViewedStep): Html {
  const word: StateWord = didNotRun(status) ? 'unknown' : outcomeOf(success)
  return stateMark(word, { isShort: true, word: isPlain(status) ? undefined : wordsOf(status) })
}

/** Returns the status of a step next to its name; null if its mark says it all. */
function statusNote(status: string): Html | null {
  return isPlain(status) ? null : html` <span class="note">${visibleText(firstLine(wordsOf(status), 30))}</span>`
}

function isPlain(status: string): boolean {
  return status === 'success' || status === 'failed'
}
