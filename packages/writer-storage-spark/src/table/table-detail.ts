import type { ColumnDefinition } from '@forge/writer-core'
import { alias, attribute, call } from '../plan/expressions.ts'
import { project, sql } from '../plan/relations.ts'
import { queryRows, type ReadWays } from '../query/run-query.ts'
import type { TablePlace } from './place.ts'

/** What Delta says about a table. */
export interface TableDetail {
  readonly id: string
  readonly location: string
  readonly files: number
  readonly sizeBytes: number
  readonly partitionColumns: readonly string[]
  readonly properties: Readonly<Record<string, string>>
}

const COLUMNS: readonly ColumnDefinition[] = [
  { name: 'id', type: 'string', nullable: true },
  { name: 'location', type: 'string', nullable: true },
  { name: 'files', type: 'int64', nullable: true },
  { name: 'bytes', type: 'int64', nullable: true },
  { name: 'partitions', type: 'string', nullable: true },
  { name: 'properties', type: 'string', nullable: true },
]

export async function readDetail({ session, reconnectMs }: ReadWays, { name }: TablePlace): Promise<TableDetail> {
  const relation = project(sql(`describe detail ${name}`), [
    attribute('id'),
    attribute('location'),
    attribute('numFiles'),
    attribute('sizeInBytes'),
    alias(call('to_json', attribute('partitionColumns')), 'partitions'),
    alias(call('to_json', attribute('properties')), 'properties'),
  ])
  const [row] = await queryRows(session, relation, COLUMNS, { reconnectMs })
  return {
    id: String(row?.id),
    location: String(row?.location),
    files: Number(row?.files ?? 0),
    sizeBytes: Number(row?.bytes ?? 0),
    partitionColumns: JSON.parse(String(row?.partitions ?? '[]')) as string[],
    properties: JSON.parse(String(row?.properties ?? '{}')) as Record<string, string>,
  }
}
