import type { Anomaly, WriteContext } from '@forge/writer-core'
import { saveAnomalies } from '../store/anomaly-store.ts'

/** Stores the findings about one table: reported ones immediately, suppressed ones with them or soon after, so that they cost no write. */
export interface FindingKeeper {
  /** Resolves when the reported findings are stored. Findings that could not be stored are tried again with the next ones. */
  keep(found: readonly Anomaly[], context: WriteContext): Promise<void>
  /** Resolves when all findings are stored. */
  flush(): Promise<void>
}

/** The time after which suppressed findings are stored even if nothing is reported. */
const SOON_MS = 5000
/** The maximum number of findings that wait while the storage fails. */
const MAX_WAITING = 10_000

export function findingKeeper(): FindingKeeper {
  const waiting = new Map<string, Anomaly>()
  let latest: WriteContext | undefined
  let saving: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined

  const save = async () => {
    clearTimeout(timer)
    timer = undefined
    const context = latest
    if (waiting.size === 0 || !context) return
    const batch = [...waiting.values()]
    for (const anomaly of await saveAnomalies(context, batch)) raise(anomaly, context)
    for (const anomaly of batch) if (waiting.get(anomaly.id) === anomaly) waiting.delete(anomaly.id)
  }
  /** Stores are sequential, so that the same finding is not stored twice. */
  const flush = () => {
    const result = saving.then(save)
    saving = result.catch(() => undefined)
    return result
  }
  const flushSoon = ({ logger }: WriteContext) => {
    timer ??= setTimeout(() => {
      flush().catch((error: unknown) => logger.warn({ error }, 'suppressed anomalies could not be stored yet'))
    }, SOON_MS).unref()
  }
  return {
    async keep(found, context) {
      latest = context
      for (const anomaly of found) waiting.set(anomaly.id, anomaly)
      for (const id of waiting.keys()) {
        if (waiting.size <= MAX_WAITING) break
        waiting.delete(id)
      }
      if (found.some(({ suppressedBy }) => suppressedBy === undefined)) await flush()
      else if (waiting.size > 0) flushSoon(context)
    },
    flush,
  }
}

function raise(anomaly: Anomaly, { tableRef: { schema, name }, emit }: WriteContext): void {
  if (anomaly.suppressedBy === undefined) emit({ type: 'anomaly', tableFqn: `${schema}.${name}`, anomaly })
}
