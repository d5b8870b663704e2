import { WriterConfigurationError } from '@forge/writer-core'
import type { IngestAdapter } from './adapter.ts'
import { FORMATS } from './formats.ts'

/**
 * The adapter for a file: of the format named, else the first that recognises it; undefined where none does.
 * Throws WriterConfigurationError for a format that does not exist.
 */
export function detectFormat(
  file: { readonly name: string; readonly head: Uint8Array },
  named?: string,
): IngestAdapter | undefined {
  if (named !== undefined) {
    const adapter = FORMATS.find(({ format }) => format === named)
    if (adapter) return adapter
    throw new WriterConfigurationError(`there is no format ${named}`, {
      context: { format: named },
      suggestions: [`Use one of ${FORMATS.map(({ format }) => format).join(', ')}.`],
    })
  }
  const head = Buffer.from(file.head).toString('utf8')
  // A manifest is read beside the results that it explains, and holds no runs itself.
  if (/"dbt_schema_version"\s*:\s*"[^"]*\/(manifest|catalog|semantic_manifest)\//.test(head)) return undefined
  return FORMATS.find((adapter) => adapter.recognizes({ name: file.name, head }))
}
