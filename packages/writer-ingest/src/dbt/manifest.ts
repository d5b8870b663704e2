import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { WriterConfigurationError } from '@forge/writer-core'
import { z } from 'zod'
import { lenientList, lenientText } from '../mapping/lenient-fields.ts'

const names = lenientList(z.string())

const nodeSchema = z.object({
  database: lenientText,
  schema: lenientText,
  alias: lenientText,
  identifier: lenientText,
  name: lenientText,
  relation_name: lenientText,
  fqn: names,
  tags: names,
  config: z.object({ materialized: lenientText, incremental_strategy: lenientText }).nullish().catch(undefined),
  attached_node: lenientText,
  depends_on: z.object({ nodes: names }).nullish().catch(undefined),
})

export type ManifestNode = z.infer<typeof nodeSchema>

/** The nodes of a project according to manifest.json. */
export interface Manifest {
  readonly projectName: string | undefined
  node(uniqueId: string): ManifestNode | undefined
  /** Returns the node that a test checks: its attached node, or the first one it depends on. */
  checkedBy(uniqueId: string): string | undefined
}

/** Manifests of thousands of models have some tens of megabytes. */
const MAX_BYTES = 256 * 1024 * 1024

const EMPTY: Manifest = { projectName: undefined, node: () => undefined, checkedBy: () => undefined }

/**
 * Reads the named manifest, or the one next to the run results. Without a manifest, rows have fewer fields.
 * Throws WriterConfigurationError if the named file is not a manifest; if the one next to the results cannot be read, returns a warning.
 */
export async function loadManifest(
  named: string | undefined,
  resultsPath: string | undefined,
): Promise<{ readonly manifest: Manifest; readonly warning?: string | undefined }> {
  const path = named ?? (resultsPath === undefined ? undefined : join(dirname(resultsPath), 'manifest.json'))
  if (path === undefined || (named === undefined && !existsSync(path))) return { manifest: EMPTY }
  try {
    if ((await stat(path)).size > MAX_BYTES) throw new RangeError(`larger than ${MAX_BYTES} bytes`)
    return { manifest: parseManifest(JSON.parse(await readFile(path, 'utf8'))) }
  } catch (error) {
    if (named === undefined) return { manifest: EMPTY, warning: `ignoring ${path}: it cannot be read` }
    throw new WriterConfigurationError(`${path} is not a readable dbt manifest`, {
      context: { manifest: path },
      cause: error,
    })
  }
}

function parseManifest(document: unknown): Manifest {
  const { metadata, nodes, sources, unit_tests: unitTests, functions } = documentSchema.parse(document)
  const sections = [nodes, sources, unitTests, functions]
  const known = new Map<string, ManifestNode | undefined>()
  const node = (uniqueId: string) => {
    if (known.has(uniqueId)) return known.get(uniqueId)
    const found = sections.find((section) => Object.hasOwn(section, uniqueId))?.[uniqueId]
    // A node of an unknown shape is ignored; the result is recorded without it.
    const parsed = nodeSchema.safeParse(found).data
    known.set(uniqueId, parsed)
    return parsed
  }
  return {
    projectName: metadata?.project_name ?? undefined,
    node,
    checkedBy(uniqueId) {
      const test = node(uniqueId)
      return test?.attached_node ?? test?.depends_on?.nodes?.[0]
    },
  }
}

const section = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((nodes) => nodes ?? {})

const documentSchema = z.object({
  metadata: z.object({ project_name: z.string().nullish() }).nullish(),
  nodes: z.record(z.string(), z.unknown()),
  sources: section,
  unit_tests: section,
  functions: section,
})
