import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../..', import.meta.url))

export interface WorkspacePackage {
  readonly name: string
  /** Relative to the root, such as `packages/writer-core`. */
  readonly folder: string
  readonly dependencies: readonly string[]
  readonly devDependencies: readonly string[]
}

/** Every package of the workspace, by the folders of pnpm-workspace.yaml. */
export function workspacePackages(): WorkspacePackage[] {
  return ['packages', 'apps', 'tooling'].flatMap((group) =>
    readdirSync(join(root, group), { withFileTypes: true }).flatMap((entry) => {
      if (!entry.isDirectory()) return []
      const folder = `${group}/${entry.name}`
      const manifest = manifestOf(join(root, folder, 'package.json'))
      return manifest ? [{ folder, ...manifest }] : []
    }),
  )
}

/** Files under a folder of the workspace, relative to the root, without what is installed, built or data. */
export function filesUnder(folder: string): string[] {
  const path = join(root, folder)
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return []
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const child = join(path, entry.name)
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : filesUnder(relative(root, child))
    return [relative(root, child)]
  })
}

const SKIPPED = new Set(['node_modules', 'dist', '.turbo', '.venv', 'data', 'coverage', 'exports'])

function manifestOf(path: string): Omit<WorkspacePackage, 'folder'> | undefined {
  if (!statSync(path, { throwIfNoEntry: false })) return undefined
  const {
    name,
    dependencies = {},
    peerDependencies = {},
    devDependencies = {},
  } = JSON.parse(readFileSync(path, 'utf8'))
  return {
    name,
    dependencies: [...Object.keys(dependencies), ...Object.keys(peerDependencies)],
    devDependencies: Object.keys(devDependencies),
  }
}
