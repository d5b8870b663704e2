/**
 * The exceptions that occur in a table. If no row is such an exception, queries leave out the condition for it.
 */
export interface LogTraits {
  /** True if a run has several execution ids. */
  readonly hasAttempts: boolean
  /** True if a run of a pipeline has rows of several modes: it is one run of each of them, with a start and an outcome of its own. */
  readonly hasModes: boolean
  /** True if a row that did not succeed has a status that stands for an unknown outcome. */
  readonly hasUnknownOutcomes: boolean
  /** True if a row that did not succeed stands for steps that cannot be read. */
  readonly hasUnreadSteps: boolean
  /** True if a step has a duration or a validation rate that is NaN or infinite. */
  readonly hasNonFinite: boolean
  /** True for each figure that does not count every step. */
  readonly exceptions: Readonly<Record<'ran' | 'timed' | 'knowsRows' | 'validated', boolean>>
  /** True if a row names its owner, or tags. */
  readonly hasBelonging: boolean
}
