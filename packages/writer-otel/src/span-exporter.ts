import { createHash } from 'node:crypto'
import type { LogWriter } from '@forge/writer-core'
import { assertOptions, option } from '@forge/writer-core/storage'
import { type EndedSpan, rowOfSpan } from './span-rows.ts'

/** The result of an export, as the SDK defines it. */
export interface ExportResult {
  /** 0 for success, 1 for failure. */
  readonly code: 0 | 1
  readonly error?: Error
}

/** An exporter for `BatchSpanProcessor` of the SDK, of version 1, 2 or 3. */
export interface LogSpanExporter {
  export(spans: readonly EndedSpan[], done: (result: ExportResult) => void): void
  /** Resolves when the exports so far are stored. */
  forceFlush(): Promise<void>
  /** Resolves when the exports so far are stored; later ones fail. The writer stays open. */
  shutdown(): Promise<void>
}

export interface SpanExporterOptions {
  /** Returns whether a span becomes a row. Default: all. */
  readonly select?: ((span: EndedSpan) => boolean) | undefined
}

/**
 * Returns an exporter that records each trace as a run and its spans as steps. A batch that the SDK exports again is stored once.
 *
 * @example
 * const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(spanExporter(writer))] })
 */
export function spanExporter(writer: LogWriter, options: SpanExporterOptions = {}): LogSpanExporter {
  assertOptions('spanExporter', options, { select: option.action })
  const { select = () => true } = options
  const running = new Set<Promise<unknown>>()
  let isShutDown = false
  const settle = async () => {
    await Promise.allSettled([...running])
  }
  return {
    export(spans, done) {
      if (isShutDown) return done({ code: 1, error: new Error('the exporter has been shut down') })
      const chosen = spans.filter(select)
      if (chosen.length === 0) return done({ code: 0 })
      const writing = writer.writeLogRows(chosen.map(rowOfSpan), { batchId: batchIdOf(chosen) }).then(
        () => done({ code: 0 }),
        (error: unknown) => done({ code: 1, error: error instanceof Error ? error : new Error(String(error)) }),
      )
      running.add(writing)
      void writing.finally(() => running.delete(writing))
    },
    forceFlush: settle,
    async shutdown() {
      isShutDown = true
      await settle()
    },
  }
}

function batchIdOf(spans: readonly EndedSpan[]): string {
  const hash = createHash('sha256')
  for (const { traceId, spanId } of spans.map((span) => span.spanContext())) hash.update(`${traceId}${spanId}`)
  return `otel:${hash.digest('hex').slice(0, 32)}`
}
