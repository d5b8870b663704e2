import { WriterConfigurationError } from '@forge/writer-core'
import { parseInterval } from './table-properties.ts'

const isFlag = (value: string) => value === 'true' || value === 'false'
const isCount = (value: string) => /^[1-9]\d*$/.test(value)
const isLeafCount = (value: string) => /^(?:-1|\d+)$/.test(value)
const isInterval = (value: string) => parseInterval(value) !== undefined
const isIsolationLevel = (value: string) => value === 'Serializable' || value === 'WriteSerializable'
const isText = (value: string) => value !== ''

/** Properties that act on tables of protocol 1/2, and what their values must be. */
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
 * Throws WriterConfigurationError, `context.properties` naming them, for properties of a new table that need a feature which new tables do not have, or
 * whose value says nothing. Properties that do not start with `delta.` are the user's own.
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
      'Set properties that need a table feature with the engine that has it; the table is then honoured or refused by name here.',
    ],
    committed: 'no',
  })
}
