import { setTimeout as sleep } from 'node:timers/promises'
import { childOutput, type OutputParts } from '../output/child-output.ts'
import { prefixedLines } from '../output/prefixed-lines.ts'
import { terminalVariables } from '../output/terminal-variables.ts'
import type { CommandEnd } from '../process/end-like.ts'
import { type KillTarget, sendSignal, sendToTree } from '../process/kill-tree.ts'
import { hasMembers, isRunning, processesOfSession } from '../process/process-table.ts'
import { type ResourceSampler, type ResourceUse, sampleResources, waitedCpuSecs } from '../process/resource-sampler.ts'
import type { SignalRelay } from '../process/signals.ts'
import { type ProcessEnd, spawnCommand } from '../process/spawn-command.ts'
import type { Attempt } from '../spool/entry.ts'
import { maskText } from './mask-secrets.ts'
import type { MetricsFile } from './metrics-file.ts'
import { outcomeOf } from './outcome.ts'
import type { RecordRequest } from './request.ts'

export interface AttemptOptions {
  readonly number: number
  readonly request: RecordRequest
  readonly env: NodeJS.ProcessEnv
  readonly signals: SignalRelay
  /** True if the command gets a process group of its own. */
  readonly hasGroup: boolean
  readonly metrics: MetricsFile | undefined
  /** Called as soon as the command runs. */
  readonly onStart: (pid: number | undefined, startedAt: Date) => void
}

export interface AttemptResult {
  readonly attempt: Attempt
  readonly end: CommandEnd
  readonly startError?: NodeJS.ErrnoException | undefined
}

/** The time for which output is read after the command has ended, if a process in the background keeps it open. */
const OUTPUT_GRACE_MS = 2000
const GROUP_POLL_MS = 100

/** Runs a command once, and resolves when it has ended and its output is copied. Calls `onStart` before it returns to the event loop. */
export async function runAttempt(options: AttemptOptions): Promise<AttemptResult> {
  const { request, signals, metrics, hasGroup } = options
  const { metricsPrefix } = request
  const figures = metrics && metricsPrefix ? prefixedLines(metricsPrefix, metrics.add) : undefined
  const output = childOutput({ ...request, figures })
  const cpuBefore = waitedCpuSecs()
  const startedAt = new Date()
  const startedMs = performance.now()
  const extra = metrics && request.metricsFd !== undefined ? { fd: metrics.fd, as: request.metricsFd } : undefined
  const env = { ...options.env, ...terminalVariables(output.replaced, options.env) }
  const { target, ended } = spawnCommand({ ...request, env, stdio: output.stdio, extra, hasGroup })
  // First of all the run is noted: until then, a recorder that is killed leaves no trace of it.
  options.onStart(target?.pid, startedAt)
  output.started()
  signals.target(target)
  const sampler = target && sampleResources(target.pid, cpuBefore)
  const timeout = target && startTimeout(target, request)
  const processEnd = await ended
  const durationSecs = Math.round((performance.now() - startedMs) * 1000) / 1e6
  const endedAt = new Date()
  const use = sampler?.stop() ?? {}
  timeout?.cancel()
  const orphans = target && sampler ? await settleOrphans(target, sampler, request) : 0
  signals.target(undefined)
  const { end, status, errorMessage } = outcomeOf(processEnd, { timeout: timeout?.reached, stopped: signals.stopped })
  const parts = await output.finish({ graceMs: OUTPUT_GRACE_MS, succeeded: status === 'success' })
  const attempt: Attempt = {
    number: options.number,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    durationSecs,
    status,
    ...resultFields(processEnd, end, errorMessage, parts),
    ...roundUse(use),
    ...(status === 'success' && !request.keepOutput ? {} : keptOutput(parts)),
    outputProblem: output.problem,
    ...(orphans > 0 && { orphans }),
    ...metrics?.read(),
  }
  return { attempt, end, startError: processEnd.startError }
}

function resultFields(
  { signal, startError }: ProcessEnd,
  end: CommandEnd,
  message: string | undefined,
  parts: OutputParts,
): Partial<Attempt> {
  const lastLine = startError ? undefined : lastLineOf(parts.stderr?.tail ?? parts.output?.tail ?? '')
  return {
    exitCode: end.exitCode,
    signal,
    errorMessage: message === undefined ? undefined : maskText(lastLine ? `${message}: ${lastLine}` : message),
  }
}

const MAX_LINE = 500

function lastLineOf(text: string): string {
  const line = text.trimEnd().split('\n').at(-1)?.split('\r').at(-1) ?? ''
  return line.trim().slice(0, MAX_LINE).toWellFormed()
}

function keptOutput(parts: OutputParts): Partial<Attempt> {
  const kept = Object.entries(parts).flatMap(([name, each]) =>
    each && each.bytes > 0
      ? [[name, { ...each, tail: maskText(each.tail), ...(each.head !== undefined && { head: maskText(each.head) }) }]]
      : [],
  )
  return kept.length > 0 ? { output: Object.fromEntries(kept) } : {}
}

function roundUse({ memoryMb, memoryMethod, cpuSecs }: ResourceUse): ResourceUse {
  return {
    ...(memoryMb !== undefined && { memoryMb: Math.round(memoryMb * 1000) / 1000, memoryMethod }),
    ...(cpuSecs !== undefined && { cpuSecs: Math.round(cpuSecs * 100) / 100 }),
  }
}

interface RunningTimeout {
  /** `term`: the command was asked to end; `kill`: it had to be killed. Undefined if the time was not up. */
  readonly reached: 'term' | 'kill' | undefined
  cancel(): void
}

/** Ends a command that takes too long. The clock stands still while the machine sleeps. As in `timeout` of coreutils, 0 means never. */
function startTimeout(target: KillTarget, { timeoutMs, killAfterMs }: RecordRequest): RunningTimeout | undefined {
  if (!timeoutMs) return undefined
  let reached: RunningTimeout['reached']
  let timer = setTimeout(() => {
    reached = 'term'
    sendToTree(target, 'SIGTERM')
    // A command that is stopped takes the signal only when it continues.
    sendSignal(target, 'SIGCONT')
    if (killAfterMs === 0) return
    timer = setTimeout(() => {
      reached = 'kill'
      sendToTree(target, 'SIGKILL')
    }, killAfterMs)
  }, timeoutMs)
  return {
    get reached() {
      return reached
    },
    cancel: () => clearTimeout(timer),
  }
}

/** Returns the number of processes that the command has left behind; with `waitGroup` it waits for them. */
async function settleOrphans(
  target: KillTarget,
  { seen }: ResourceSampler,
  { waitGroup }: RecordRequest,
): Promise<number> {
  const count = () => {
    const known = [...seen].flatMap(([pid, start]) => (start !== '' && isRunning(pid, start) ? pid : []))
    const ofGroup =
      target.hasGroup && hasMembers(target.pid) ? processesOfSession(target.pid).map(({ pid }) => pid) : []
    return new Set([...known, ...ofGroup]).size
  }
  const orphans = count()
  while (waitGroup && count() > 0) await sleep(GROUP_POLL_MS)
  return orphans
}
