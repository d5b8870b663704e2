import { and, eq, like, not, type Predicate } from '@forge/writer-core'

/** Rows whose pipeline fits the glob: `*` is any run of characters, `?` any one. */
function fitsPipeline(glob: string): Predicate {
  if (!isGlob(glob)) return eq('pipeline_id', glob)
  const pattern = glob
    .replaceAll(/[\\%_]/g, '\\$&')
    .replaceAll('*', '%')
    .replaceAll('?', '_')
  return like('pipeline_id', pattern)
}

export function isGlob(pattern: string): boolean {
  return /[*?]/.test(pattern)
}

/** Returns for each glob the rows that match it and none before it, and the rows that match none. */
export function firstFit(globs: readonly string[]): { readonly each: readonly Predicate[]; readonly rest: Predicate } {
  const fits = globs.map(fitsPipeline)
  const noneOf = (some: readonly Predicate[]) => some.map((one) => not(one))
  return {
    each: fits.map((fit, at) => and(fit, ...noneOf(fits.slice(0, at)))),
    rest: and(...noneOf(fits)),
  }
}
