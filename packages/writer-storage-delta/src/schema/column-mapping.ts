import { WriterUnsupportedError } from '@forge/writer-core'
import type { Metadata } from '../actions/actions.ts'
import type { StructField } from './delta-type.ts'

export type ColumnMappingMode = 'none' | 'name' | 'id'

/** Returns the mode. Throws WriterUnsupportedError for one that the protocol does not define: columns would be read from the wrong place. */
export function columnMappingMode({ configuration }: Metadata): ColumnMappingMode {
  const mode = configuration?.['delta.columnMapping.mode'] ?? 'none'
  switch (mode.toLowerCase()) {
    case 'none':
      return 'none'
    case 'name':
      return 'name'
    case 'id':
      return 'id'
    default:
      throw new WriterUnsupportedError(`the Delta table has an unknown column mapping mode: ${mode}`, {
        context: { feature: 'columnMapping', mode },
      })
  }
}

/** Returns the field's name in Parquet files, partition values and statistics. */
export function physicalName(field: StructField, mode: ColumnMappingMode): string {
  const name = field.metadata['delta.columnMapping.physicalName']
  return mode !== 'none' && typeof name === 'string' ? name : field.name
}

/** Returns the field's id in Parquet files. */
export function fieldId(field: StructField): number | undefined {
  const id = field.metadata['delta.columnMapping.id']
  return typeof id === 'number' ? id : undefined
}
