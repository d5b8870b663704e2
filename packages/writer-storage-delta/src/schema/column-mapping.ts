import type { Metadata } from '../log/actions.ts'
import type { StructField } from './delta-type.ts'

export type ColumnMappingMode = 'none' | 'name' | 'id'

export function columnMappingMode({ configuration }: Metadata): ColumnMappingMode {
  const mode = configuration?.['delta.columnMapping.mode']
  return mode === 'name' || mode === 'id' ? mode : 'none'
}

/** The field's name in Parquet files, partition values and statistics. */
export function physicalName(field: StructField, mode: ColumnMappingMode): string {
  const name = field.metadata['delta.columnMapping.physicalName']
  return mode !== 'none' && typeof name === 'string' ? name : field.name
}

/** The field's id in Parquet files. */
export function fieldId(field: StructField): number | undefined {
  const id = field.metadata['delta.columnMapping.id']
  return typeof id === 'number' ? id : undefined
}
