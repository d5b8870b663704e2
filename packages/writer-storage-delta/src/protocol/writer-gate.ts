import { WriterUnsupportedError } from '@forge/writer-core'
import type { Metadata, Protocol } from '../actions/actions.ts'
import { columnMappingMode } from '../schema/column-mapping.ts'
import { type DeltaType, foreignType, type StructField } from '../schema/delta-type.ts'
import { parseSchema } from '../schema/schema-json.ts'
import { assertReadable } from './reader-gate.ts'
import { readerFeatures, writerFeatures } from './table-features.ts'
import { tableProperties } from './table-properties.ts'

const NEWEST_WRITER = 7

/** The writer features that this engine supports, or that need no support while they are not active. */
const WRITER_FEATURES: ReadonlySet<string> = new Set([
  'appendOnly',
  'invariants',
  'checkConstraints',
  'changeDataFeed',
  'generatedColumns',
  'identityColumns',
  'columnMapping',
  'deletionVectors',
  'domainMetadata',
  'inCommitTimestamp',
  'timestampNtz',
  'typeWidening',
  'typeWidening-preview',
  'v2Checkpoint',
  'vacuumProtocolCheck',
])

/** The parts of a table that say what a reader or a writer must support. */
export interface TableHeader {
  readonly protocol: Protocol
  readonly metadata: Metadata
}

/** The properties of a write that matter to features. */
export interface WriteKind {
  /** True if the write removes or rewrites existing rows. */
  readonly changesRows: boolean
  /** True if the write creates data files; false for maintenance of the log and of existing files. */
  readonly writesData: boolean
}

/** Throws WriterUnsupportedError if this engine cannot write the table correctly; `context.feature` names the reason. */
export function assertWritable(snapshot: TableHeader, kind: WriteKind): void {
  const { protocol, metadata } = snapshot
  assertReadable(protocol)
  if (protocol.minWriterVersion > NEWEST_WRITER) throw unsupportedError(`minWriterVersion ${protocol.minWriterVersion}`)
  const features = new Set([...writerFeatures(protocol), ...readerFeatures(protocol)])
  const unknown = [...features].filter((name) => !WRITER_FEATURES.has(name))
  if (unknown[0] !== undefined) throw unsupportedError(unknown.join(', '), undefined, unknown)
  if (!kind.writesData) return
  const { fields } = parseSchema(metadata)
  const properties = tableProperties(metadata)
  if (columnMappingMode(metadata) !== 'none') throw unsupportedError('columnMapping')
  const bytes = fields.find(({ name, type }) => metadata.partitionColumns.includes(name) && isBinary(type))
  // The log holds partition values as text, which cannot represent all bytes.
  if (bytes) throw unsupportedError('binary partitions', bytes.name)
  if (properties.rowTracking) throw unsupportedError('rowTracking')
  if (properties.changeDataFeed && kind.changesRows) throw unsupportedError('changeDataFeed')
  // Constraints of top-level columns are checked with the rows; those inside nested columns are not.
  const nested = [...allFields(fields)].find((field) => 'delta.invariants' in field.metadata && !fields.includes(field))
  if (nested) throw unsupportedError('invariants', nested.name)
  for (const { name, type } of fields) {
    const foreign = foreignType(type)
    if (foreign !== undefined) throw unsupportedError(foreign, name)
  }
  for (const field of allFields(fields)) {
    if ('delta.generationExpression' in field.metadata) throw unsupportedError('generatedColumns', field.name)
    if ('delta.identity.start' in field.metadata) throw unsupportedError('identityColumns', field.name)
    if ('CURRENT_DEFAULT' in field.metadata) throw unsupportedError('allowColumnDefaults', field.name)
  }
}

function isBinary(type: DeltaType): boolean {
  return type.kind === 'primitive' && type.name === 'binary'
}

function* allFields(fields: readonly StructField[]): Generator<StructField> {
  for (const field of fields) {
    yield field
    yield* nestedFields(field.type)
  }
}

function* nestedFields(type: DeltaType): Generator<StructField> {
  if (type.kind === 'struct') yield* allFields(type.fields)
  if (type.kind === 'array') yield* nestedFields(type.element)
  if (type.kind === 'map') {
    yield* nestedFields(type.key)
    yield* nestedFields(type.value)
  }
}

function unsupportedError(
  feature: string,
  column?: string,
  features: readonly string[] = [feature],
): WriterUnsupportedError {
  const where = column === undefined ? '' : ` in column ${column}`
  return new WriterUnsupportedError(`the Delta table cannot be written: ${feature} is in use${where}`, {
    context: { feature: features[0], features, column },
    suggestions: ['Write it with the engine that enabled the feature, or drop the feature there.'],
  })
}
