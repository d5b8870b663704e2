import type { LogStream, LogWriter } from '@forge/writer-core'
import { assertOptions } from '@forge/writer-core/storage'
import { RUN_CHECKS, type RunOptions, STEP_CHECKS, type Step, type StepOptions } from './options.ts'
import { recordRun } from './record-run.ts'
import { currentScope } from './run-scope.ts'

/** Runs `work` as a step of the run in which the caller runs. Outside of a run it is called without being recorded. */
export async function recordStep<Result>(
  name: string,
  work: (step: Step | undefined) => Promise<Result> | Result,
): Promise<Result> {
  const scope = currentScope()
  return scope === undefined ? work(undefined) : scope.step(name, work)
}

/** Returns a function with the arguments and the result of `work`, each call of which is a run of a pipeline. */
export function asRun<Args extends readonly unknown[], Result>(
  target: LogWriter | LogStream,
  options: RunOptions,
  work: (...args: Args) => Promise<Result> | Result,
): (...args: Args) => Promise<Result> {
  assertOptions('asRun', options, RUN_CHECKS)
  return (...args) => recordRun(target, options, () => work(...args))
}

/** Returns a function with the arguments and the result of `work`, each call of which is a step of the run in which it is called, if there is one. */
export function asStep<Args extends readonly unknown[], Result>(
  name: string,
  work: (...args: Args) => Promise<Result> | Result,
  options: StepOptions = {},
): (...args: Args) => Promise<Result> {
  assertOptions('asStep', options, STEP_CHECKS)
  return async (...args) => {
    const scope = currentScope()
    return scope === undefined ? work(...args) : scope.step(name, options, () => work(...args))
  }
}
