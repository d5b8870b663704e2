import { and, batchFromRows, eq, LOG_COLUMNS, like, not, type Predicate } from '@forge/writer-core'
import { evaluatePredicate } from '@forge/writer-core/storage'

/** Matches rows whose pipeline fits the glob: `*` is any run of characters, `?` any one. */
export function fitsPipeline(glob: string): Predicate {
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

/** Returns which of the pipelines fit the glob. */
export function fittingPipelines(glob: string, pipelines: readonly string[]): ReadonlySet<string> {
  const columns = LOG_COLUMNS.filter(({ name }) => name === 'pipeline_id')
  const truths = evaluatePredicate(
    fitsPipeline(glob),
    batchFromRows(
      columns,
      pipelines.map((id) => ({ pipeline_id: id })),
    ),
  )
  return new Set(pipelines.filter((_id, at) => truths[at] === 1))
}
