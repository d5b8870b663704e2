/** One question, answered by figures. Each runs in a process of its own. */
export interface Bench {
  /** As given to `npm run bench -- NAME`. */
  readonly name: string
  /** The question, in one sentence. */
  readonly question: string
  run(context: BenchContext): AsyncIterable<Measurement>
}

export interface BenchContext {
  /** An empty folder, removed when the bench ends. */
  readonly directory: string
  /** Repetitions that count; one more goes before them as a warm-up. Default 5. */
  readonly repetitions: number
  /** Whether the case was asked for: always true without `--only`. */
  wants(caseName: string): boolean
}

export interface Measurement {
  readonly case: string
  readonly value: number
  /** Such as `rows/s`, `ms`, `MB`. */
  readonly unit: string
  /** `value` compared with what `against` names, in the same run; above 1 is better for rates and worse for times. */
  readonly ratio?: number
  readonly against?: string
}
