export { type MaintainTableOptions, type MaintainTableResult, maintainTable } from './upkeep/maintain-table.ts'
export {
  type OptimizeTableOptions,
  type OptimizeTableResult,
  optimizeTable,
  type Skipped,
} from './upkeep/optimize-table.ts'
export {
  getTableHistory,
  type HistoryVersion,
  type TableHistoryOptions,
  type TableHistoryReport,
} from './upkeep/table-history.ts'
