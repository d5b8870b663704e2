import type { LogTable } from './log-table.ts'

/** An optional method of a table. */
export type Capability = { [Key in keyof LogTable]-?: undefined extends LogTable[Key] ? Key : never }[keyof LogTable]

const MANIFEST: Readonly<Record<Capability, true>> = {
  appendStream: true,
  overwrite: true,
  merge: true,
  delete: true,
  history: true,
  at: true,
  restore: true,
  evolve: true,
  migrate: true,
  optimize: true,
  vacuum: true,
  analyze: true,
  validateSchema: true,
  exportTo: true,
}

const CAPABILITIES = Object.keys(MANIFEST) as readonly Capability[]

/** Returns the capabilities that a table has. */
export function capabilitiesOf(table: LogTable): readonly Capability[] {
  return CAPABILITIES.filter((name) => table[name] !== undefined)
}
