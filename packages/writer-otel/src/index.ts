export type { AttributeOptions } from './conventions.ts'
export { type RunSpansOptions, runSpans } from './run-spans.ts'
export { type ExportResult, type LogSpanExporter, type SpanExporterOptions, spanExporter } from './span-exporter.ts'
export type { EndedSpan } from './span-rows.ts'
