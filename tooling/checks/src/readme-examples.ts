import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, workspacePackages } from './workspace.ts'

export interface ReadmeExample {
  /** The place, such as `packages/writer/README.md, example 1`. */
  readonly name: string
  readonly code: string
}

/**
 * Every block of TypeScript that imports something, in the README of the root and of each package. Others are fragments, and those
 * that declare tests run with the tests.
 */
export function readmeExamples(): ReadmeExample[] {
  const folders = ['.', ...workspacePackages().map(({ folder }) => folder)]
  return folders.flatMap((folder) => {
    const path = join(folder, 'README.md')
    if (!existsSync(join(root, path))) return []
    const blocks = [...readFileSync(join(root, path), 'utf8').matchAll(/^```ts\n(.*?)^```/gms)]
    return blocks
      .map(([, code = '']) => code)
      .filter((code) => /^import /m.test(code) && !/writer-core\/testing|'vitest'/.test(code))
      .map((code, index) => ({ name: `${path}, example ${index + 1}`, code }))
  })
}
