import type { Bench } from './harness/bench.ts'

/** Every bench, by a function that loads it alone: one must not pay for the imports of another. */
export const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  ingest: async () => (await import('./ingest.ts')).ingest,
  'small-write': async () => (await import('./small-write.ts')).smallWrite,
  stream: async () => (await import('./stream.ts')).stream,
  anomaly: async () => (await import('./anomaly.ts')).anomaly,
  'cli-start': async () => (await import('./cli-start.ts')).cliStart,
}
