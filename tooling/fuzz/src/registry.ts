import type { Target } from './target.ts'

/** The targets by name; each is loaded when it is first used. */
export const TARGETS: Readonly<Record<string, () => Promise<Target>>> = {
  documents: async () => (await import('./targets/documents.ts')).documents,
  config: async () => (await import('./targets/config.ts')).config,
  rules: async () => (await import('./targets/rules.ts')).rules,
  conditions: async () => (await import('./targets/conditions.ts')).conditions,
  'delta-logs': async () => (await import('./targets/delta-logs.ts')).deltaLogs,
  parquet: async () => (await import('./targets/documents.ts')).parquet,
}
