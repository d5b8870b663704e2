/** A question, answered by figures. Each runs in a process of its own. */
export interface Bench {
  /** The name, as in `npm run bench -- NAME`. */
  readonly name: string
  /** The question, in one sentence. */
  readonly question: string
  run(context: BenchContext): AsyncIterable<Measurement>
}

export interface BenchContext {
  /** An empty folder, which is removed when the bench ends. */
  readonly directory: string
  /** The number of repetitions that count; one more precedes them as a warm-up. Default 5. */
  readonly repetitions: number
  /** Returns whether the case was requested: always true without `--only`. */
  wants(caseName: string): boolean
}

export interface Measurement {
  readonly case: string
  readonly value: number
  /** The unit, such as `rows/s`, `ms`, `MB`. */
  readonly unit: string
  /** `value` compared with what `against` names, in the same run; above 1 is better for rates and worse for times. */
  readonly ratio?: number | undefined
  readonly against?: string | undefined
}
