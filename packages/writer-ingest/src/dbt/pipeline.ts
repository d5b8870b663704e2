import { mostFrequent } from '../mapping/figures.ts'
import type { Envelope } from './documents.ts'
import type { Manifest } from './manifest.ts'

/**
 * Returns the project that ran: the named one, or else the one of the manifest, of the project folder, of the package of the tests (installed
 * packages rarely contain tests, but many models), or of all results.
 */
export function pipelineOf({
  named,
  manifest,
  args,
  uniqueIds,
}: {
  readonly named: string | undefined
  readonly manifest: Manifest
  readonly args: Envelope['args']
  readonly uniqueIds: readonly string[]
}): string {
  const folder = args?.project_dir?.split(/[\\/]/).findLast((part) => part !== '')
  const packages = (ids: readonly string[]) => mostFrequent(ids.flatMap((id) => id.split('.')[1] ?? []))
  return (
    named ??
    manifest.projectName ??
    (folder === '.' || folder === '..' ? undefined : folder) ??
    packages(uniqueIds.filter((id) => id.startsWith('test.'))) ??
    packages(uniqueIds) ??
    'unknown'
  )
}
