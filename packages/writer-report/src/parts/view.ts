import type { ReportModel } from '../model/report-model.ts'
import type { Clock } from '../text/clock.ts'
import type { Html } from '../text/html.ts'
import type { Filtered } from './filter.ts'

/** The parts that every page needs: the model, the clock, and the links to other pages. */
export interface View {
  readonly model: ReportModel
  readonly clock: Clock
  readonly links: Links
  /** The additions of a server; undefined in a report, which is a file. */
  readonly live?: LivePages | undefined
}

/** The parts of {@link View} that a page needs which shows only parts of the model. */
export interface PageView<Part extends keyof ReportModel = never> extends Omit<View, 'model' | 'live'> {
  readonly model: Pick<ReportModel, Part>
}

/** The additions of a server to pages: filters in the address, and updates. */
export interface LivePages {
  /** The form of the filters of the page. */
  readonly filterBar: Html
  /** Returns whether the list of the page shows something. */
  isShown(row: Filtered): boolean
  /** The address of the page without filters. */
  readonly withoutFilters: string
}

/** The addresses of pages; null if there is no such page. */
export interface Links {
  pipeline(pipeline: string): string | null
  run(runId: string): string | null
  step(pipeline: string, phase: string, step: string): string | null
  /** The page that compares a run with an earlier one. */
  compare(earlier: string, later: string): string | null
}

/** The ids of pages: routes in the fragment of the address, which work in a file, on a server and in a sandbox. */
export const PAGE = {
  today: '/',
  failures: '/failures',
  quality: '/quality',
  serviceLevels: '/sla',
  about: '/about',
  pipeline: (pipeline: string) => `/p/${encodeURIComponent(wellFormed(pipeline))}`,
  run: (runId: string) => `/r/${encodeURIComponent(wellFormed(runId))}`,
  step: (pipeline: string, phase: string, step: string) =>
    `/s/${[pipeline, phase, step].map((part) => encodeURIComponent(wellFormed(part))).join('/')}`,
  compare: (earlier: string, later: string) =>
    `/compare/${[earlier, later].map((runId) => encodeURIComponent(wellFormed(runId))).join('..')}`,
} as const

/** Returns links to the pages with these ids. */
export function linksTo(pages: ReadonlySet<string>): Links {
  const link = (id: string) => (pages.has(id) ? `#${id}` : null)
  return {
    pipeline: (pipeline) => link(PAGE.pipeline(pipeline)),
    run: (runId) => link(PAGE.run(runId)),
    step: (pipeline, phase, step) => link(PAGE.step(pipeline, phase, step)),
    compare: (earlier, later) => link(PAGE.compare(earlier, later)),
  }
}

/** Replaces halves of characters, which no address can hold. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD')
}
