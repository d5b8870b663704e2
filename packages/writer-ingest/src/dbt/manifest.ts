import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { WriterConfigurationError } from '@forge/writer-core'
import { z } from 'zod'

const nodeSchema = z.object({
  resource_type: z.string().optional(),
  database: z.string().nullish(),
  schema: z.string().nullish(),
  alias: z.string().nullish(),
  identifier: z.string().nullish(),
  name: z.string().nullish(),
  relation_name: z.string().nullish(),
  fqn: z.array(z.string()).nullish(),
  tags: z.array(z.string()).nullish(),
  config: z.object({ materialized: z.string().nullish(), incremental_strategy: z.string().nullish() }).nullish(),
  attached_node: z.string().nullish(),
  depends_on: z.object({ nodes: z.array(z.string()).nullish() }).nullish(),
})

export type ManifestNode = z.infer<typeof nodeSchema>

/** What manifest.json tells of the nodes of a project. */
export interface Manifest {
  readonly projectName: string | undefined
  node(uniqueId: string): ManifestNode | undefined
  /** What a test checks: its attached node, or the first that it depends on. */
  checkedBy(uniqueId: string): string | undefined
}

const EMPTY: Manifest = { projectName: undefined, node: () => undefined, checkedBy: () => undefined }

/**
 * Reads the manifest named, or the one beside the run results; without one, results tell less.
 * Throws WriterConfigurationError where the one named is no manifest; one that only lies there and cannot be read becomes a warning.
 */
export async function loadManifest(
  named: string | undefined,
  resultsPath: string | undefined,
): Promise<{ readonly manifest: Manifest; readonly warning?: string }> {
  const path = named ?? (resultsPath === undefined ? undefined : join(dirname(resultsPath), 'manifest.json'))
  if (path === undefined || (named === undefined && !existsSync(path))) return { manifest: EMPTY }
  try {
    return { manifest: parseManifest(JSON.parse(await readFile(path, 'utf8'))) }
  } catch (error) {
    if (named === undefined) return { manifest: EMPTY, warning: `${path} cannot be read and is left out` }
    throw new WriterConfigurationError(`${path} is no manifest of dbt that can be read`, {
      context: { manifest: path },
      cause: error,
    })
  }
}

function parseManifest(document: unknown): Manifest {
  const { metadata, nodes = {}, sources = {} } = documentSchema.parse(document)
  const node = (uniqueId: string) => {
    const found = Object.hasOwn(nodes, uniqueId) ? nodes[uniqueId] : sources[uniqueId]
    // A node of an unknown shape tells nothing; the result stands without it.
    return nodeSchema.safeParse(found).data
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

const documentSchema = z.object({
  metadata: z.object({ project_name: z.string().nullish() }).nullish(),
  nodes: z.record(z.string(), z.unknown()),
  sources: z.record(z.string(), z.unknown()).optional(),
})
