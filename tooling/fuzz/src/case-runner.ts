import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type CaseResult, type FuzzCase, MAX_CPU_MS } from './fuzz-case.ts'

/** How long a case may take by the clock of the wall, on however busy a machine; less is judged by time of the processor. */
const MAX_WALL_MS = 30_000
const MAX_GROWTH_MB = 512
/** The maximum number of cases of one process: its peak of memory says nothing about cases after the largest one. */
const MAX_CASES = 200

const program = fileURLToPath(new URL('worker.js', import.meta.url))

/** Runs cases one after the other in a process of their own, so that a hang or a crash ends only the case. */
export interface CaseRunner {
  /** Resolves with what is wrong, if anything is. */
  run(fuzzCase: FuzzCase): Promise<{ readonly problem: string | undefined; readonly result: CaseResult | undefined }>
  close(): void
}

export function createCaseRunner(folder: string): CaseRunner {
  let child: ChildProcess | undefined
  let cases = 0
  const close = () => {
    child?.kill('SIGKILL')
    child = undefined
  }
  return {
    async run(fuzzCase) {
      if (++cases % MAX_CASES === 0) close()
      const isNew = child === undefined
      child ??= fork(program, [folder], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
      const end = await resultOf(child, fuzzCase)
      if (typeof end === 'string') {
        close()
        return { problem: end, result: undefined }
      }
      return { problem: end.problem ?? limitProblem(end, isNew), result: end }
    },
    close,
  }
}

function limitProblem({ cpuMs, grownMb }: CaseResult, isNew: boolean): string | undefined {
  // The first case of a process also loads the program.
  if (cpuMs > (isNew ? 2 : 1) * MAX_CPU_MS) return `it took ${Math.round(cpuMs)} ms`
  return grownMb > MAX_GROWTH_MB ? `memory grew by ${Math.round(grownMb)} MB` : undefined
}

/** Resolves with the answer of the process, or with how it ended without one. */
function resultOf(child: ChildProcess, fuzzCase: FuzzCase): Promise<CaseResult | string> {
  return new Promise((resolve) => {
    let errors = ''
    const onError = (data: Buffer) => {
      errors = (errors + data.toString()).slice(-2000)
    }
    const end = (result: CaseResult | string) => {
      clearTimeout(timer)
      child.stderr?.off('data', onError)
      child.removeAllListeners('message')
      child.removeAllListeners('exit')
      resolve(result)
    }
    const timer = setTimeout(() => end(`it did not end in ${MAX_WALL_MS / 1000} s`), MAX_WALL_MS)
    child.stderr?.on('data', onError)
    child.once('message', (result) => end(result as CaseResult))
    child.once('exit', (code, signal) => end(`the process ended with ${signal ?? code}: ${errors}`))
    child.send(fuzzCase)
  })
}
