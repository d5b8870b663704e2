export type { KeptExpectations } from './model/kept-expectations.ts'
export { type AboutOptions, readAbout } from './model/read-about.ts'
export { GRID_RUNS, type OverviewOptions, readOverview } from './model/read-overview.ts'
export { type PageOptions, readPipelinePages } from './model/read-pages.ts'
export { readRunDetails } from './model/read-run-details.ts'
export { redactErrors } from './model/redact.ts'
export type {
  DueMark,
  PipelinePage,
  ReportAbout,
  ReportModel,
  ReportTimeline,
  RunningWork,
} from './model/report-model.ts'
export { aboutPage } from './pages/about.ts'
export { comparePage } from './pages/compare.ts'
export { failuresPage } from './pages/failures.ts'
export { pipelinePage } from './pages/pipeline.ts'
export { qualityPage } from './pages/quality.ts'
export { type RunPageView, runPage } from './pages/run.ts'
export { serviceLevelsPage } from './pages/service-levels.ts'
export { type StepsOfPage, stepPage } from './pages/step.ts'
export { todayPage } from './pages/today.ts'
export { doubtMarks } from './parts/doubts.ts'
export {
  type Column,
  empty,
  errorCell,
  facts,
  nameOf,
  outcomeText,
  panel,
  type StateWord,
  stateMark,
  type TableOptions,
  table,
} from './parts/elements.ts'
export { type Filtered, hasWords } from './parts/filter.ts'
export { ICONS } from './parts/icons.ts'
export type { Links, LivePages, PageView, View } from './parts/view.ts'
export { policyHash } from './render/policy-hash.ts'
export { STYLE_SHEET } from './render/style-sheet.ts'
export { TABLE_SCRIPT } from './render/table-script.ts'
export { type Clock, clockOf } from './text/clock.ts'
export { type Html, type HtmlValue, html, markup } from './text/html.ts'
