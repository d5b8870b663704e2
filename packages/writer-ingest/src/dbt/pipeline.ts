import { mostFrequent } from '../mapping/figures.ts'
import type { Envelope } from './documents.ts'
import type { Manifest } from './manifest.ts'

/**
 * Returns the project that ran: the given one, or else the one of the manifest, of the project folder, of the package of the tests (installed
 * packages rarely contain tests, but many models), or of all results.
 */
export function pipelineOf({
  told,
  manifest,
  args,
  uniqueIds,
}: {
  readonly told: string | undefined
  readonly manifest: Manifest
  readonly args: Envelope['args']
  readonly uniqueIds: readonly string[]
}): string {
  const folder = args?.project_dir?.split(/[\\/]/).findLast((part) => part !== '')
  const packages = (ids: readonly string[]) => mostFrequent(ids.flatMap((id) => id.split('.')[1] ?? []))
  return (
    told ??
    manifest.projectName ??
    (folder === '.' || folder === '..' ? undefined : folder) ??
    packages(uniqueIds.filter((id) => id.startsWith('test.'))) ??
    packages(uniqueIds) ??
    'unknown'
  )
}
