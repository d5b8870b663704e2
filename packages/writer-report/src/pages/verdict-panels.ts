import { ageText, countOf, countText, firstLine, percentText, visibleText } from '@forge/writer-core/text'
import type { QuarantinedStep, RuleRecord, StoredVerdict } from '@forge/writer-quality'
import { verdictStrip } from '../charts/verdict-strip.ts'
import { chart, nameOf, panel, stateMark, table } from '../parts/elements.ts'
import { periodNote } from '../parts/period-note.ts'
import type { View } from '../parts/view.ts'
import { type Html, html } from '../text/html.ts'

const MAX_RULES = 50
const MAX_STEPS = 20
const MAX_VERDICTS = 40

/** Returns the verdicts about the newest writes; null if no verdict is stored. */
export function verdictPanel(view: View): Html | null {
  const { verdicts, judgedWrites, failedWrites } = view.model.verdicts
  if (verdicts.length === 0) return null
  const { clock, links } = view
  const behind = table<StoredVerdict>(
    [
      { header: clock.header('Judged'), cell: ({ judgedAt }) => clock.second(judgedAt) },
      { header: 'Verdict', cell: ({ verdict, stopped }) => verdictMark(verdict, stopped) },
      { header: 'Run', cell: ({ runId }) => (runId === null ? '' : nameOf(runId, links.run(runId), { max: 40 })) },
      { header: 'Policy', cell: ({ policy }) => visibleText(policy) },
      { header: 'Rows', isNumber: true, cell: ({ checkedRows }) => countText(checkedRows) },
      { header: 'Invalid', isNumber: true, cell: ({ failingRows }) => countText(failingRows) },
      { header: 'Valid', isNumber: true, cell: ({ validationRate }) => percentText(validationRate) },
    ],
    verdicts.slice(-MAX_VERDICTS).toReversed(),
    { caption: 'Verdicts, the newest first' },
  )
  const note = `${countText(failedWrites)} of ${countOf(judgedWrites, 'write', 'writes')} failed in ${periodNote(view)}`
  return panel('Verdicts', chart(verdictStrip(verdicts), behind, { title: 'Verdicts about the last writes', note }))
}

/** Returns the mark of a verdict. */
export function verdictMark(verdict: string, stopped: boolean): Html {
  if (verdict === 'passed') return stateMark('passed', { word: 'passed' })
  if (verdict === 'failed') return stateMark('failed', { word: stopped ? 'failed, stopped' : 'failed' })
  return stateMark('notJudged')
}

/** Returns the rules, those that fail most often first; null if no rule was judged. */
export function rulesPanel({ model, clock }: View): Html | null {
  const { rules } = model.verdicts
  if (rules.length === 0) return null
  const passPercent = ({ judgedWrites, failedWrites }: RuleRecord) =>
    judgedWrites === 0 ? null : ((judgedWrites - failedWrites) / judgedWrites) * 100
  const rows = table<RuleRecord>(
    [
      {
        header: 'Rule',
        cell: ({ rule, description }) =>
          html`${nameOf(rule)}${description === null ? null : html`<span class="sub">${visibleText(firstLine(description, 160))}</span>`}`,
      },
      { header: 'Severity', cell: ({ severity }) => severity ?? '' },
      { header: 'Passed', isNumber: true, cell: (rule) => percentText(passPercent(rule)) },
      {
        header: 'Failed',
        isNumber: true,
        cell: ({ failedWrites, judgedWrites }) => `${countText(failedWrites)} of ${countText(judgedWrites)}`,
      },
      { header: 'Failing rows', isNumber: true, cell: ({ failingRows }) => countText(failingRows) },
      {
        header: 'Failed last',
        cell: ({ lastFailedAt }) =>
          lastFailedAt === null
            ? 'never'
            : html`<time datetime="${lastFailedAt}" title="${clock.zoned.minute(lastFailedAt)}">${ageText(lastFailedAt, model.about.generatedAt)}</time>`,
      },
    ],
    rules.slice(0, MAX_RULES),
    { caption: 'Rules, those that fail most often first' },
  )
  const more =
    rules.length > MAX_RULES ? html`<p class="note">and ${countText(rules.length - MAX_RULES)} more</p>` : null
  return panel('Rules', html`${rows}${more}`)
}

/** Returns the rows that are held back; null without such rows. */
export function quarantinePanel({ model, links, clock }: View): Html | null {
  const { rows, newestAt, steps } = model.verdicts.quarantine
  if (rows === 0) return null
  const { generatedAt } = model.about
  const list = table<QuarantinedStep>(
    [
      {
        header: 'Pipeline',
        cell: ({ pipeline }) => (pipeline === null ? '' : nameOf(pipeline, links.pipeline(pipeline), { max: 48 })),
      },
      { header: 'Step', cell: ({ step }) => (step === null ? '' : nameOf(step)) },
      { header: 'Rows', isNumber: true, cell: (step) => countText(step.rows) },
      {
        header: 'Newest',
        cell: (step) =>
          html`<time datetime="${step.newestAt}" title="${clock.zoned.minute(step.newestAt)}">${ageText(step.newestAt, generatedAt)}</time>`,
      },
    ],
    steps.slice(0, MAX_STEPS),
    { caption: 'Steps with rows in quarantine' },
  )
  return panel(
    'Quarantine',
    html`${list}<p class="note"><code>forge-writer quarantine list</code> shows the rows and the rules that they fail.</p>`,
    { note: `${countOf(rows, 'row is', 'rows are')} held back, the newest ${ageText(newestAt, generatedAt)}` },
  )
}
