import { mostFrequent } from '../mapping/figures.ts'
import type { Envelope } from './documents.ts'
import type { Manifest } from './manifest.ts'

/**
 * The project that ran: as told, else by the manifest, the project's folder, or the package of the tests (installed packages rarely bring tests,
 * but many models), at last of all results.
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
