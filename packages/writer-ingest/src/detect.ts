import { WriterConfigurationError } from '@forge/writer-core'
import type { IngestAdapter } from './adapter.ts'
import { FORMATS } from './formats.ts'

/**
 * Returns the adapter of the named format, or the first one that recognizes the file, or undefined.
 * Throws WriterConfigurationError for an unknown format.
 */
export function detectFormat(
  file: { readonly name: string; readonly head: Uint8Array },
  named?: string,
): IngestAdapter | undefined {
  if (named !== undefined) {
    const adapter = FORMATS.find(({ format }) => format === named)
    if (adapter) return adapter
    throw new WriterConfigurationError(`unknown format ${named}`, {
      context: { format: named },
      suggestions: [`Use one of ${FORMATS.map(({ format }) => format).join(', ')}.`],
    })
  }
  const head = Buffer.from(file.head).toString('utf8')
  // A manifest is read together with its results; it contains no runs.
  if (/"dbt_schema_version"\s*:\s*"[^"]*\/(manifest|catalog|semantic_manifest)\//.test(head)) return undefined
  return FORMATS.find((adapter) => adapter.recognizes({ name: file.name, head }))
}
