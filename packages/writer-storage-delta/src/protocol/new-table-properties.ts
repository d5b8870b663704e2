import { WriterConfigurationError } from '@forge/writer-core'
import { parseInterval } from './table-properties.ts'

const isFlag = (value: string) => value === 'true' || value === 'false'
const isCount = (value: string) => /^[1-9]\d*$/.test(value)
const isLeafCount = (value: string) => /^(?:-1|\d+)$/.test(value)
const isInterval = (value: string) => parseInterval(value) !== undefined
const isIsolationLevel = (value: string) => value === 'Serializable' || value === 'WriteSerializable'
const isText = (value: string) => value !== ''

/** The properties that have an effect in tables of protocol 1/2, each with the check and a description of its values. */
const ALLOWED: Readonly<Record<string, readonly [test: (value: string) => boolean, expected: string]>> = {
  'delta.appendOnly': [isFlag, 'true or false'],
  'delta.autoOptimize.autoCompact': [(value) => isFlag(value) || value === 'auto', 'true, false or auto'],
  'delta.checkpointInterval': [isCount, 'a whole number of at least 1'],
  'delta.checkpoint.writeStatsAsJson': [isFlag, 'true or false'],
  'delta.checkpoint.writeStatsAsStruct': [isFlag, 'true or false'],
  'delta.dataSkippingNumIndexedCols': [isLeafCount, '-1 or a whole number'],
  'delta.dataSkippingStatsColumns': [isText, 'names of columns'],
  'delta.deletedFileRetentionDuration': [isInterval, 'an interval such as `interval 7 days`'],
  'delta.enableExpiredLogCleanup': [isFlag, 'true or false'],
  'delta.isolationLevel': [isIsolationLevel, 'Serializable or WriteSerializable'],
  'delta.logRetentionDuration': [isInterval, 'an interval such as `interval 30 days`'],
  'delta.setTransactionRetentionDuration': [isInterval, 'an interval such as `interval 90 days`'],
}

/**
 * Throws WriterConfigurationError for properties of a new table that need a table feature or have an invalid value; `context.properties` names them.
 * Properties that do not start with `delta.` belong to the user.
 */
export function assertNewTableProperties(properties: Readonly<Record<string, string>>): void {
  const problems = Object.entries(properties).flatMap(([name, value]) => {
    if (!/^delta\./i.test(name)) return []
    const allowed = ALLOWED[name]
    if (allowed === undefined) return [{ name, problem: `${name} is not a property that new tables can have` }]
    const [test, expected] = allowed
    return test(value) ? [] : [{ name, problem: `${name} must be ${expected}` }]
  })
  if (problems.length === 0) return
  throw new WriterConfigurationError(problems.map(({ problem }) => problem).join('; '), {
    context: { properties: problems.map(({ name }) => name), allowed: Object.keys(ALLOWED) },
    suggestions: [
      'Set properties that need a table feature with an engine that supports it. This storage then respects the feature, or names it in an error.',
    ],
    committed: 'no',
  })
}
