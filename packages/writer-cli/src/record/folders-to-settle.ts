import { spoolFolders, startingFolder } from '@forge/writer-record/command'
import { placeWithoutFile } from '../command/settings.ts'
import type { TableOptionValues } from '../command/table-options.ts'
import type { Host } from '../host.ts'

/** Returns the folders that may hold runs of the log at `path`: its spool, and runs that died before the settings were read that name the log. */
export function foldersToSettle(
  path: string,
  values: TableOptionValues,
  { cwd, env }: Pick<Host, 'cwd' | 'env'>,
): readonly string[] {
  const place = placeWithoutFile(values, { cwd, env })
  return [...spoolFolders(path, env), ...('settings' in place ? [startingFolder(place.settings, env)] : [])]
}
