import type { Bench } from './harness/bench.ts'

/** Every bench, by a function that loads it alone: one must not pay for the imports of another. */
export const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  ingest: async () => (await import('./ingest.ts')).ingest,
  'small-write': async () => (await import('./small-write.ts')).smallWrite,
  turns: async () => (await import('./turns.ts')).turns,
  stream: async () => (await import('./stream.ts')).stream,
  anomaly: async () => (await import('./anomaly.ts')).anomaly,
  quality: async () => (await import('./quality.ts')).quality,
  analytics: async () => (await import('./analytics.ts')).analytics,
  export: async () => (await import('./export.ts')).exportBench,
  report: async () => (await import('./report.ts')).report,
  serve: async () => (await import('./serve.ts')).serve,
  'cli-start': async () => (await import('./cli-start.ts')).cliStart,
  record: async () => (await import('./record.ts')).record,
  'record-run': async () => (await import('./record-run.ts')).recordRunBench,
  'delta-append': async () => (await import('./delta-append.ts')).deltaAppend,
  'delta-commit': async () => (await import('./delta-commit.ts')).deltaCommit,
  'delta-open': async () => (await import('./delta-open.ts')).deltaOpen,
  'delta-query': async () => (await import('./delta-query.ts')).deltaQuery,
  'delta-merge': async () => (await import('./delta-merge.ts')).deltaMerge,
  'delta-mixed': async () => (await import('./delta-mixed.ts')).deltaMixed,
  'delta-optimize': async () => (await import('./delta-optimize.ts')).deltaOptimize,
  'postgres-append': async () => (await import('./postgres-append.ts')).postgresAppend,
  'spark-append': async () => (await import('./spark-append.ts')).sparkAppend,
  's3-append': async () => (await import('./s3-append.ts')).s3Append,
}
