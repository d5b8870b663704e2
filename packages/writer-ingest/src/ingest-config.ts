import type { WriterConfig } from '@forge/writer-core'
import { INGEST_KEYS } from './batch-identity.ts'

/** The settings with which a writer takes what {@link ingestFile} reads: the same step of the same attempt is one row. */
export const ingestConfig = { writeMode: 'merge', mergeKeys: [...INGEST_KEYS] } as const satisfies Partial<WriterConfig>
