/** The maximum time of the processor for one case, in milliseconds. */
export const MAX_CPU_MS = 2000

/** One input: the seed decides all of it. */
export interface FuzzCase {
  readonly target: string
  readonly seed: number
}

/** What a case took, and how it ended. */
export interface CaseResult {
  readonly outcome: 'accepted' | 'refused'
  /** The error that is not one of forge-writer's own. */
  readonly problem: string | undefined
  /** Time of the processor, in milliseconds. */
  readonly cpuMs: number
  /** The peak of memory above that before the case, in MB; 0 if an earlier case took more. */
  readonly grownMb: number
  /** The folder with the files of the case; it remains if there was a problem. */
  readonly folder: string
}
