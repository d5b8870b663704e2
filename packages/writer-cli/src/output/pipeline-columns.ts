import type { PipelineCondition, PipelineState } from '@forge/writer-analytics'
import type { StyleFormat } from './style.ts'
import type { TableColumn } from './table.ts'

const STYLES: Readonly<Record<PipelineCondition, StyleFormat>> = {
  failed: 'red',
  late: 'yellow',
  unknown: 'yellow',
  succeeded: 'green',
}

/** The state of a pipeline. */
export const STATE_COLUMN: TableColumn<PipelineState> = {
  header: 'state',
  cell: ({ state }) => state,
  shrink: false,
  style: ({ state }) => STYLES[state],
}

/** The time at which a pipeline is due, or since which it is late. */
export const DUE_COLUMN: TableColumn<PipelineState> = {
  header: 'due',
  isTime: true,
  cell: ({ lateSince, nextDueAt }, clock) =>
    lateSince ? `late since ${clock.minute(lateSince)}` : clock.minute(nextDueAt),
  shrink: false,
}
