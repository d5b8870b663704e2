export { type BadgeOptions, renderBadge } from './badge/render-badge.ts'
export { renderMarkdown } from './markdown/render-markdown.ts'
export { buildReport, type ReportOptions } from './model/build-report.ts'
export type {
  DueMark,
  PipelinePage,
  ReportAbout,
  ReportModel,
  ReportTimeline,
  RunningWork,
} from './model/report-model.ts'
export { renderReport } from './render/render-report.ts'
