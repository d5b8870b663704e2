import { WriterTableError } from '@forge/writer-core'
import type { Action } from './actions.ts'

type Fields = Readonly<Record<string, unknown>>
type Check = (value: unknown) => boolean

const isText: Check = (value) => typeof value === 'string'
const isNumber: Check = (value) => typeof value === 'number'
const isMissing: Check = (value) => value === null || value === undefined
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText)
/** Maps of texts, whose values some writers store as numbers and booleans. */
const isTextMap: Check = (value) =>
  isFields(value) && Object.values(value).every((each) => each === null || typeof each !== 'object')
const isVector: Check = (value) =>
  isMissing(value) ||
  (isFields(value) &&
    isText(value.storageType) &&
    isText(value.pathOrInlineDv) &&
    isNumber(value.sizeInBytes) &&
    isNumber(value.cardinality))
const optional =
  (check: Check): Check =>
  (value) =>
    isMissing(value) || check(value)

/** The fields that an action must have to be read, by the name of the action. */
const REQUIRED: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  add: { path: isText, partitionValues: optional(isTextMap), size: isNumber, deletionVector: isVector },
  remove: { path: isText, partitionValues: optional(isTextMap), size: optional(isNumber), deletionVector: isVector },
  metaData: { schemaString: optional(isText), partitionColumns: optional(isTexts), configuration: optional(isTextMap) },
  protocol: {
    minReaderVersion: isNumber,
    minWriterVersion: isNumber,
    readerFeatures: optional(isTexts),
    writerFeatures: optional(isTexts),
  },
  txn: { appId: isText, version: isNumber },
  domainMetadata: { domain: isText },
  sidecar: { path: isText },
}

/**
 * Returns a value of the log as an action. Statistics that are not text, and commit information that is not an object, count as missing: a reader can
 * do without them. Throws WriterTableError, naming the file, if the value lacks what every reader needs, or has it as another type.
 */
export function readAction(value: unknown, path: string): Action {
  if (!isFields(value)) throw new WriterTableError(`a line of ${path} is not an action`, { context: { path } })
  let action = value
  for (const name in value) {
    const checks = REQUIRED[name]
    const fields = value[name]
    if (isMissing(fields)) {
      // A null field counts as missing: readers check whether the action has the field.
      const { [name]: _none, ...rest } = action
      action = rest
    } else if (checks) assertFields(name, fields, { checks, path })
  }
  return withoutOdd(action)
}

function assertFields(
  name: string,
  fields: unknown,
  { checks, path }: { readonly checks: Readonly<Record<string, Check>>; readonly path: string },
): void {
  const problem = (field: string) =>
    new WriterTableError(`a line of ${path} is not valid: ${field}`, {
      context: { path, field },
      suggestions: [`Restore ${path} from a backup; the engine that wrote it has a defect.`],
    })
  if (!isFields(fields)) throw problem(name)
  for (const field in checks) if (!checks[field]?.(fields[field])) throw problem(`${name}.${field}`)
}

/** Returns the action without optional parts of the wrong type. */
function withoutOdd(action: Fields): Action {
  const { add, metaData, commitInfo } = action
  let read: Fields = action
  if (isFields(add) && (!(isMissing(add.stats) || isText(add.stats)) || isMissing(add.partitionValues))) {
    const { stats, ...rest } = add
    read = { ...read, add: { ...rest, partitionValues: add.partitionValues ?? {}, ...(isText(stats) && { stats }) } }
  }
  if (isFields(metaData) && (isMissing(metaData.partitionColumns) || isMissing(metaData.configuration))) {
    const { partitionColumns, configuration } = metaData
    const filled = { ...metaData, partitionColumns: partitionColumns ?? [], configuration: configuration ?? {} }
    read = { ...read, metaData: filled }
  }
  if (!isMissing(commitInfo) && !isFields(commitInfo)) {
    const { commitInfo: _odd, ...rest } = read
    read = rest
  }
  // All that readers use has been checked.
  return read as Action
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
