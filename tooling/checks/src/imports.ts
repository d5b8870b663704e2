import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { filesUnder, root } from './workspace.ts'

const IMPORT =
  /^(?:import|export)\b[^'"\n]*?(?:from\s*)?['"]([^'"]+)['"]|^\}\s*from\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm

/** Returns what the TypeScript files of a folder import, each with the file. */
export function specifiersIn(folder: string): { file: string; specifier: string }[] {
  return filesUnder(folder)
    .filter((file) => /\.(ts|tsx|mts)$/.test(file))
    .flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(IMPORT)].map(([, plain, closing, dynamic]) => ({
        file,
        specifier: plain ?? closing ?? dynamic ?? '',
      })),
    )
}

/** Returns for each file of a folder the files of that folder that it imports, relative to the folder. */
export function importsWithin(folder: string): Map<string, string[]> {
  const within = (path: string) => path.slice(folder.length + 1)
  const files = filesUnder(folder).filter((file) => /\.(ts|tsx|mts)$/.test(file))
  const imports = new Map(files.map((file): [string, string[]] => [within(file), []]))
  for (const { file, specifier } of specifiersIn(folder)) {
    const target = join(file, '..', specifier)
    if (specifier.startsWith('.') && target.startsWith(`${folder}/`)) imports.get(within(file))?.push(within(target))
  }
  return imports
}

/** Returns the groups of nodes that reach each other, each group sorted: the strongly connected components of more than one node. */
export function circlesOf(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>()
  const low = new Map<string, number>()
  const path: string[] = []
  const circles: string[][] = []
  const visit = (node: string): void => {
    const index = order.size
    order.set(node, index)
    low.set(node, index)
    path.push(node)
    for (const next of edges.get(node) ?? []) {
      if (!order.has(next)) visit(next)
      if (path.includes(next)) low.set(node, Math.min(low.get(node) ?? 0, low.get(next) ?? 0))
    }
    if (low.get(node) !== index) return
    const circle = path.splice(path.indexOf(node))
    if (circle.length > 1) circles.push(circle.sort())
  }
  for (const node of edges.keys()) if (!order.has(node)) visit(node)
  return circles
}
