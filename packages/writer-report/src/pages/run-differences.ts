import { DIFFERENCE_WORDS, type RunViewed, type StepDifference } from '@forge/writer-analytics'
import { didNotRun } from '@forge/writer-core'
import { changeText, countOf, countText, durationText, percentText, UNKNOWN } from '@forge/writer-core/text'
import { empty, nameOf, table } from '../parts/elements.ts'
import type { PageView } from '../parts/view.ts'
import { type Html, html } from '../text/html.ts'

const MAX_STEPS = 100
/** More steps that did not run are one sentence. */
const MAX_SKIPPED = 3

/** Returns what differs from the last good run, worst first; steps that are as before, and those that did not run, are one sentence each. */
export function differences({ lastGoodRun, differences: found, equalSteps }: RunViewed, { links }: PageView): Html {
  if (!lastGoodRun) return empty('No run of this pipeline and mode succeeded before.')
  const same = html`<p class="note">${countOf(equalSteps, 'step is', 'steps are')} as before.</p>`
  if (found.length === 0) return same
  const skipped = found.filter(({ b }) => b !== null && didNotRun(b.status))
  const isFolded = skipped.length > MAX_SKIPPED
  const listed = isFolded ? found.filter((each) => !skipped.includes(each)) : found
  const rows =
    listed.length === 0
      ? null
      : table<StepDifference>(
          [
            {
              header: '',
              cell: ({ kinds }) =>
                kinds.map(
                  (kind, at) =>
                    html`${at === 0 ? null : ' '}<span class="kind ${kind}">${DIFFERENCE_WORDS[kind]}</span>`,
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
              cell: ({ b, validationRate }) =>
                fromTo(validationRate, { format: percentText, step: b, hasDelta: false }),
            },
          ],
          listed.slice(0, MAX_STEPS),
          { caption: 'Steps that differ from the last good run' },
        )
  return html`${rows}${listed.length > MAX_STEPS ? html`<p class="note">and ${countText(listed.length - MAX_STEPS)} more</p>` : null}${isFolded ? skippedNote(skipped) : null}${equalSteps > 0 ? same : null}`
}

/** Returns the steps that did not run in one sentence: they have no figures to compare. */
function skippedNote(skipped: readonly StepDifference[]): Html {
  const named = skipped
    .slice(0, MAX_SKIPPED)
    .map(({ phase, step }, at) => html`${at === 0 ? null : ', '}${nameOf(`${phase}/${step}`, null, { max: 50 })}`)
  return html`<p class="note">${countOf(skipped.length, 'step', 'steps')} did not run: ${named} and ${countText(skipped.length - MAX_SKIPPED)} more.</p>`
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
