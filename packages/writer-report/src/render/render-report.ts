import type { ReportModel } from '../model/report-model.ts'
import { stepsWithPages } from '../model/steps-with-pages.ts'
import { aboutPage } from '../pages/about.ts'
import { comparePage } from '../pages/compare.ts'
import { failuresPage } from '../pages/failures.ts'
import { pipelinePage } from '../pages/pipeline.ts'
import { qualityPage } from '../pages/quality.ts'
import { runPage } from '../pages/run.ts'
import { serviceLevelsPage } from '../pages/service-levels.ts'
import { stepPage } from '../pages/step.ts'
import { todayPage } from '../pages/today.ts'
import { linksTo, PAGE, type View } from '../parts/view.ts'
import { clockOf } from '../text/clock.ts'
import { documentOf, type RenderedPage } from './document.ts'

/** The maximum size of a report. */
const MAX_BYTES = 1_000_000
/** The bytes that are reserved for the list of pages, and for the style and the script. */
const RESERVED_BYTES = 40_000
const MAX_STEP_PAGES = 60

/**
 * Renders a model as one HTML file of at most 1 MB, which requests nothing, and can be read without script. The pages that fit in are those of failed
 * pipelines first; the page about the report says how many were left out.
 */
export function renderReport(model: ReportModel): string {
  const clock = clockOf(model.about.timeZone)
  const draft = candidates(model)
  const all = new Set(draft.map(({ id }) => id))
  // A page without some of its links is never longer than one with all of them.
  const whole: View = { model, clock, links: linksTo(all) }
  let bytes = fixedPages(whole, 0).reduce((sum, page) => sum + sizeOf(page), RESERVED_BYTES)
  const kept: Candidate[] = []
  for (const candidate of draft) {
    const size = sizeOf(candidate.render(whole))
    if (bytes + size > MAX_BYTES) continue
    bytes += size
    kept.push(candidate)
  }
  const view: View = { model, clock, links: linksTo(new Set(kept.map(({ id }) => id))) }
  const pages = [...fixedPages(view, draft.length - kept.length), ...kept.map(({ render }) => render(view))]
  return documentOf(model, pages, clock)
}

interface Candidate {
  readonly id: string
  readonly render: (view: View) => RenderedPage
}

/** Returns the pages that may be left out, the most important first. */
function candidates({ pipelinePages, runPages, comparisons }: ReportModel): Candidate[] {
  const pipelines = pipelinePages.map((page): Candidate => {
    const { pipeline } = page.state
    const id = PAGE.pipeline(pipeline)
    return { id, render: (view) => ({ id, title: pipeline, content: pipelinePage(page, view) }) }
  })
  const grids = new Map(pipelinePages.map(({ grid }) => [grid.pipeline, grid]))
  const runs = runPages.map((run): Candidate => {
    const id = PAGE.run(run.run.runId)
    return {
      id,
      render: (view) => ({
        id,
        title: `Run ${run.run.runId}`,
        content: runPage(run, view, grids.get(run.run.pipeline)),
      }),
    }
  })
  const compared = comparisons.map((comparison): Candidate => {
    const { a, b } = comparison
    const id = PAGE.compare(a.runId, b.runId)
    const differences = runPages.find(({ run }) => run.runId === b.runId)?.differences ?? []
    const title = `${b.runId} compared`
    return { id, render: (view) => ({ id, title, content: comparePage(comparison, differences, view) }) }
  })
  const steps = pipelinePages.flatMap((page) => {
    const { grid } = page
    return stepsWithPages(grid).map((step): Candidate => {
      const id = PAGE.step(grid.pipeline, step.phase, step.step)
      return {
        id,
        render: (view) => ({ id, title: `${step.phase}/${step.step}`, content: stepPage(page, step, view) }),
      }
    })
  })
  return unique([...inTurns(pipelines, runs, compared), ...steps.slice(0, MAX_STEP_PAGES)])
}

/** Takes from each list in turn, so that a pipeline that failed has all its pages before one that is fine has any. */
function inTurns(...lists: readonly (readonly Candidate[])[]): Candidate[] {
  const longest = lists.reduce((most, { length }) => Math.max(most, length), 0)
  return Array.from({ length: longest }, (_none, at) => lists.flatMap((list) => list[at] ?? [])).flat()
}

/** Two names that differ only in characters that no address can hold share a page. */
function unique(pages: readonly Candidate[]): Candidate[] {
  return [...new Map(pages.toReversed().map((page) => [page.id, page])).values()].reverse()
}

function fixedPages(view: View, leftOut: number): RenderedPage[] {
  return [
    { id: PAGE.today, title: 'Today', content: todayPage(view) },
    { id: PAGE.failures, title: 'Failures', content: failuresPage(view) },
    { id: PAGE.quality, title: 'Quality', content: qualityPage(view) },
    { id: PAGE.serviceLevels, title: 'Service levels', content: serviceLevelsPage(view) },
    { id: PAGE.about, title: 'About', content: aboutPage(view, { leftOut }) },
  ]
}

function sizeOf({ content, id, title }: RenderedPage): number {
  return Buffer.byteLength(content.toString()) + 200 + 2 * (id.length + title.length)
}
