import type { Anomaly, WriteContext } from '@forge/writer-core'
import { saveAnomalies } from '../store/anomaly-store.ts'

/** Keeps what is found in one table: what is told at once, what is silenced with it or soon after, so that it costs no write. */
export interface FindingKeeper {
  /** Resolves when what is told is kept. What could not be kept is tried again with what comes next. */
  keep(found: readonly Anomaly[], context: WriteContext): Promise<void>
  /** Resolves when all is kept. */
  flush(): Promise<void>
}

/** Time after which silenced findings are kept though nothing is told. */
const SOON_MS = 5000
/** Findings that wait at most, while the storage fails. */
const MOST_WAITING = 10_000

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
  /** One after the other, so that the same finding is not kept twice. */
  const flush = () => {
    const result = saving.then(save)
    saving = result.catch(() => undefined)
    return result
  }
  const flushSoon = ({ logger }: WriteContext) => {
    timer ??= setTimeout(() => {
      flush().catch((error: unknown) => logger.warn({ error }, 'silenced findings could not be kept yet'))
    }, SOON_MS).unref()
  }
  return {
    async keep(found, context) {
      latest = context
      for (const anomaly of found) waiting.set(anomaly.id, anomaly)
      for (const id of waiting.keys()) {
        if (waiting.size <= MOST_WAITING) break
        waiting.delete(id)
      }
      if (found.some(({ suppressed_by }) => suppressed_by === undefined)) await flush()
      else if (waiting.size > 0) flushSoon(context)
    },
    flush,
  }
}

function raise(anomaly: Anomaly, { tableRef: { schema, name }, emit }: WriteContext): void {
  if (anomaly.suppressed_by === undefined) emit({ type: 'anomaly', tableFqn: `${schema}.${name}`, anomaly })
}
