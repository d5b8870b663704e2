import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** A hidden path that nobody can foresee. What is there is removed at disposal, or when the process exits before. */
export interface TemporaryPath extends Disposable {
  readonly path: string
}

/** The files and folders to remove if the process exits. */
const unfinished = new Set<string>()

/** Returns a temporary path next to `target`; `suffixes` are those of further files that belong to it. */
export function temporaryPath(target: string, suffixes: readonly string[] = []): TemporaryPath {
  const path = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`)
  const all = ['', ...suffixes].map((suffix) => `${path}${suffix}`)
  if (unfinished.size === 0) process.on('exit', removeUnfinished)
  for (const each of all) unfinished.add(each)
  return {
    path,
    [Symbol.dispose]() {
      for (const each of all) {
        removeAnything(each)
        unfinished.delete(each)
      }
      if (unfinished.size === 0) process.off('exit', removeUnfinished)
    },
  }
}

function removeUnfinished(): void {
  for (const each of unfinished) removeAnything(each)
}

function removeAnything(path: string): void {
  try {
    rmSync(path, { force: true, recursive: true })
  } catch {
    // If no file can exist at the path, as below another file, there is nothing to remove.
  }
}
