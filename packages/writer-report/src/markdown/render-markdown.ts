import {
  type FailureGroup,
  OUTCOME_MARKS,
  type PipelineState,
  type RunViewed,
  type ServiceLevelReport,
  stripMarksOf,
} from '@forge/writer-analytics'
import {
  ageText,
  changeText,
  countOf,
  countText,
  durationText,
  firstLine,
  percentText,
  shortCount,
  visibleText,
} from '@forge/writer-core/text'
import type { ReportModel } from '../model/report-model.ts'
import { clockOf } from '../text/clock.ts'

const MAX_PIPELINES = 60
const MAX_GROUPS = 10
const MAX_DIFFERENCES = 20
const MAX_RUNS = 5
const MAX_MARKS = 10
const MAX_OBJECTIVES = 30
const VERDICTS = { failed: '❌', notJudged: '❔', passed: '✅' } as const
const STATES = { failed: '❌', late: '⚠️', unknown: '❔', succeeded: '✅' } as const

/** Renders a model as Markdown for the summary of a CI job or a chat: what failed first, within the limit of 1 MiB of a job summary. */
export function renderMarkdown(model: ReportModel): string {
  const { pipelines } = model.pipelines
  const clock = clockOf(model.about.timeZone)
  const { runs, successRatePercent } = model.failures
  const failed = pipelines.filter(({ state }) => state === 'failed').length
  const late = pipelines.filter(({ state }) => state === 'late').length
  const head =
    pipelines.length === 0
      ? 'No run is recorded.'
      : `**${failed === 0 ? 'No pipeline failed' : pipelines.length === 1 ? 'The pipeline failed' : `${countText(failed)} of ${countText(pipelines.length)} pipelines failed`}**${late > 0 ? `, ${countText(late)} late` : ''}. ${countOf(runs, 'run', 'runs')}${successRatePercent === null ? '' : `, ${percentText(successRatePercent)} succeeded`}.`
  const failedRuns = model.runPages.filter(({ run }) => run.outcome === 'failed').slice(0, MAX_RUNS)
  return [
    `## ${plain(model.title)}`,
    '',
    head,
    ...(pipelines.length === 0 ? [] : ['', ...pipelineTable(pipelines, model.about.generatedAt)]),
    ...(model.serviceLevels.objectives.length === 0
      ? []
      : ['', '### Service levels', '', ...objectiveTable(model.serviceLevels)]),
    ...(model.failures.groups.length === 0 ? [] : ['', '### Failures', '', ...failureTable(model.failures.groups)]),
    ...failedRuns.flatMap((run) => ['', ...runLines(run)]),
    '',
    `<sub>${plain(model.about.tableFqn)}, as of ${clock.zoned.minute(model.about.generatedAt)}, forge-writer ${model.about.version}</sub>`,
    '',
  ].join('\n')
}

function pipelineTable(pipelines: readonly PipelineState[], now: string): string[] {
  const hasDue = pipelines.some(({ nextDueAt, lateSince }) => nextDueAt ?? lateSince)
  const rows = pipelines.slice(0, MAX_PIPELINES).map((each) => {
    const { state, pipeline, lastSuccess, lastRun, duration } = each
    const delta = changeText(duration.changePercent)
    const cells = [
      `${STATES[state]} ${plain(pipeline)}`,
      lastSuccess === null ? 'never' : ageText(lastSuccess.startedAt, now),
      `${durationText(lastRun.durationSecs)}${delta === '' ? '' : ` (${delta})`}`,
      shortCount(lastRun.rowsProcessed),
      stripMarksOf(each, MAX_MARKS)
        .map(({ kind }) => OUTCOME_MARKS[kind])
        .join(''),
      ...(hasDue ? [dueText(each, now)] : []),
    ]
    return `| ${cells.join(' | ')} |`
  })
  const more = pipelines.length > MAX_PIPELINES ? ['', `and ${countText(pipelines.length - MAX_PIPELINES)} more`] : []
  return [
    `| pipeline | last success | duration | rows | last runs |${hasDue ? ' due |' : ''}`,
    `|---|---|--:|--:|---|${hasDue ? '---|' : ''}`,
    ...rows,
    ...more,
  ]
}

function dueText({ lateSince, nextDueAt }: PipelineState, now: string): string {
  if (lateSince !== null) return `late since ${ageText(lateSince, now)}`
  return nextDueAt === null ? '' : ageText(nextDueAt, now)
}

/** Returns the objectives, broken ones first. */
function objectiveTable({ objectives }: ServiceLevelReport): string[] {
  const order = { failed: 0, notJudged: 1, passed: 2 } as const
  const sorted = objectives.toSorted((a, b) => order[a.verdict] - order[b.verdict])
  const rows = sorted
    .slice(0, MAX_OBJECTIVES)
    .map(({ verdict, pipeline, target, keptPercent, requiredPercent, errorBudget }) => {
      const kept = `${percentText(keptPercent)} of ${percentText(requiredPercent)}`
      const left = verdict === 'notJudged' ? '' : percentText(Math.round(errorBudget.leftPercent))
      return `| ${VERDICTS[verdict]} ${plain(pipeline)} | ${plain(target)} | ${kept} | ${left} |`
    })
  const more = sorted.length > MAX_OBJECTIVES ? ['', `and ${countText(sorted.length - MAX_OBJECTIVES)} more`] : []
  return ['| pipeline | target | kept | budget left |', '|---|---|--:|--:|', ...rows, ...more]
}

function failureTable(groups: readonly FailureGroup[]): string[] {
  const rows = groups
    .slice(0, MAX_GROUPS)
    .map(
      ({ message, failedSteps, runs, steps, isNew }) =>
        `| ${isNew ? 'new: ' : ''}${plain(firstLine(message, 160))} | ${countText(failedSteps)} | ${countText(runs)} | ${plain(steps[0] ?? '')} |`,
    )
  return ['| message | failures | runs | step |', '|---|--:|--:|---|', ...rows]
}

function runLines({ run, steps, differences, equalSteps, lastGoodRun }: RunViewed): string[] {
  const errors = steps
    .filter(({ success, errorMessage }) => success === false && errorMessage !== null)
    .slice(0, MAX_RUNS)
    .map(
      ({ phase, step, errorMessage }) => `- **${plain(`${phase}/${step}`)}**: ${plain(firstLine(errorMessage, 300))}`,
    )
  const own = errors.length === 0 && run.errorMessage !== null ? [`- ${plain(firstLine(run.errorMessage, 300))}`] : []
  const changed = differences
    .slice(0, MAX_DIFFERENCES)
    .map(({ phase, step, kinds }) => `- ${plain(`${phase}/${step}`)}: ${kinds.join(', ')}`)
  return [
    `### ${plain(run.pipeline)}, run ${plain(run.runId)}`,
    '',
    ...own,
    ...errors,
    ...(lastGoodRun
      ? [
          '',
          `Compared with the last good run ${plain(lastGoodRun.runId)}:`,
          '',
          ...changed,
          ...(equalSteps > 0 || changed.length > 0
            ? [`- ${countOf(equalSteps, 'step', 'steps')} as before`]
            : ['- nothing']),
        ]
      : []),
  ]
}

/** Escapes everything that means something in Markdown or HTML, and keeps one line. */
function plain(text: string): string {
  return visibleText(text)
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? '')
    .replaceAll(/[\\`*_[\]()#|~!@:]/g, (character) =>
      character === ':' || character === '(' || character === ')' ? character : `\\${character}`,
    )
    .slice(0, 1000)
}
