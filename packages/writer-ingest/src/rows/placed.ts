import { LOG_COLUMNS } from '@forge/writer-core'
import { isObject } from '@forge/writer-core/storage'
import type { AdapterOptions, IngestItem } from '../adapter.ts'
import { phaseByName } from '../mapping/phase.ts'
import type { Partition } from '../reading/partition.ts'
import { fromText } from './from-text.ts'

const TYPES = new Map(LOG_COLUMNS.map((column) => [column.name as string, column.type]))

type Row = Extract<IngestItem, { kind: 'row' }>['row']

/** Adds partition values, pipeline and phase from the options to a log row; returns other items unchanged. */
export function placeItem(item: IngestItem, { pipeline, phases = {}, partition }: AdapterOptions): IngestItem {
  if (item.kind !== 'row') return item
  const given = partition ? withPartition(item.row, partition) : item.row
  const { step_name: step } = given
  const phase = typeof step === 'string' ? phaseByName(step, phases) : undefined
  if (pipeline === undefined && phase === undefined) return given === item.row ? item : { ...item, row: given }
  const row = { ...given, ...(pipeline !== undefined && { pipeline_id: pipeline }), ...(phase && { phase }) }
  return { ...item, row }
}

/** Adds partition values; values in the row take precedence. Keys that are not columns of the log go into the metadata. */
function withPartition(row: Row, partition: Partition): Row {
  const columns: Record<string, unknown> = {}
  const more: Record<string, string | null> = {}
  for (const [name, text] of Object.entries(partition)) {
    const type = TYPES.get(name)
    if (type === undefined) more[name] = text
    else columns[name] = text === null ? null : (fromText(type, text) ?? text)
  }
  return { ...columns, ...row, ...(Object.keys(more).length > 0 && { metadata: withMore(row.metadata, more) }) }
}

function withMore(metadata: unknown, partition: Readonly<Record<string, string | null>>): Row['metadata'] {
  const known = typeof metadata === 'string' ? parseOrKeep(metadata) : (metadata ?? {})
  return isObject(known) ? { partition, ...known } : (metadata as Row['metadata'])
}

function parseOrKeep(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
