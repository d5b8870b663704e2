/**
 * What is true of a whole table, and so of every part of it. A condition that looks for an exception which no row of the table is can be left out of
 * every query.
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
  /** True for the figures that do not count every step. */
  readonly exceptions: Readonly<Record<'ran' | 'timed' | 'knowsRows' | 'validated', boolean>>
  /** True if a row names its owner, or tags. */
  readonly hasBelonging: boolean
}
