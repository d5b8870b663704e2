import type { WriterConfig } from '@forge/writer-core'
import { INGEST_KEYS } from './batch-identity.ts'

/** Settings that a writer needs for {@link ingestFile}: the same step of the same attempt is one row. */
export const ingestConfig = { writeMode: 'merge', mergeKeys: [...INGEST_KEYS] } as const satisfies Partial<WriterConfig>
