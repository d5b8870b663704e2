import { setTimeout as sleep } from 'node:timers/promises'
import type { CommandEnd } from '../process/end-like.ts'
import { ownIdentity } from '../process/host-identity.ts'
import { processFacts } from '../process/process-table.ts'
import { hasTerminal, relaySignals, type SignalRelay } from '../process/signals.ts'
import { NOT_EXECUTABLE, NOT_FOUND } from '../process/spawn-command.ts'
import type { Attempt, RunIdentity, SpoolEntry } from '../spool/entry.ts'
import { type RunJournal, runJournal } from './journal.ts'
import { shownCommand } from './mask-secrets.ts'
import { metricsFile } from './metrics-file.ts'
import type { RecordContext, RecordRequest } from './request.ts'
import { type AttemptResult, runAttempt } from './run-attempt.ts'
import { runIdentity, VARIABLES, variablesFor } from './run-identity.ts'
import { storeWithin } from './store-within.ts'

/** The exit code if the pipeline is already running and `ifRunning` is `fail`: a temporary failure. */
const ALREADY_RUNNING = 75

/**
 * Runs a command, passes its output, signals and exit code through, and records it. The command starts before anything of the database is loaded or
 * opened, unless there is something to wait for first. Whatever happens to the recording, the command is not affected. Resolves with the end of the command.
 */
export async function recordCommand(request: RecordRequest, context: RecordContext): Promise<CommandEnd> {
  const identity = runIdentity(request, context.env)
  const signals = relaySignals()
  const journal = runJournal(firstEntry(identity, request, context.cwd), context.env)
  try {
    const refused = await waitForStart(request, { identity, signals, journal, context })
    const run = refused ?? (await runAttempts(request, { identity, signals, journal, context }))
    const collect = refused ? [] : (context.store.collect?.(new Date(run.attempts[0]?.startedAt ?? 0)) ?? [])
    journal.update({ state: 'ended', attempts: run.attempts, ...(collect.length > 0 && { collect }) })
    await storeWithin(journal, { request, context, stop: signals.idle })
    return run.end
  } finally {
    journal.stop()
    signals.close()
  }
}

interface Running {
  readonly identity: RunIdentity
  readonly signals: SignalRelay
  readonly journal: RunJournal
  readonly context: RecordContext
}

interface RunResult {
  readonly attempts: readonly Attempt[]
  readonly end: CommandEnd
}

function firstEntry(identity: RunIdentity, { command, metadata }: RecordRequest, cwd: string): SpoolEntry {
  return {
    version: 1,
    state: 'running',
    identity,
    startedAt: new Date().toISOString(),
    owner: ownIdentity(),
    command: shownCommand(command),
    cwd,
    metadata,
    attempts: [],
  }
}

/** Waits for a random delay and for the turn of the pipeline, if that is asked for. Resolves with the result of a run that does not start. */
async function waitForStart(request: RecordRequest, running: Running): Promise<RunResult | undefined> {
  const { identity, signals, context } = running
  if (request.jitterMs > 0) {
    await sleep(Math.random() * request.jitterMs, undefined, { signal: signals.idle }).catch(() => undefined)
    if (signals.stopped) return notStarted('cancelled', { exitCode: 128, signal: signals.stopped })
  }
  if (request.ifRunning === undefined) return undefined
  try {
    const early = context.store.early()
    const path = early && 'path' in early ? early.path : (await context.store.locate()).path
    const { takeTurn } = await import('./pipeline-turn.ts')
    switch (await takeTurn(identity, request.ifRunning, { path, env: context.env, signal: signals.idle })) {
      case 'mine':
        return undefined
      case 'aborted':
        return notStarted('cancelled', { exitCode: 128, signal: signals.stopped })
      case 'taken': {
        const isFailure = request.ifRunning === 'fail'
        context.say(`${identity.pipelineId} is already running; the command was not started`)
        return notStarted(isFailure ? 'failed' : 'skipped', {
          exitCode: isFailure ? ALREADY_RUNNING : request.skipCode,
        })
      }
    }
  } catch (error) {
    // Running twice is what the caller wants to avoid, but not running at all is worse.
    context.say(`cannot find out whether ${identity.pipelineId} is running: ${messageOf(error)}`)
    return undefined
  }
}

function notStarted(status: Attempt['status'], end: CommandEnd): RunResult {
  const now = new Date().toISOString()
  const errorMessage = status === 'cancelled' ? `stopped by ${end.signal} before the start` : 'already running'
  return { attempts: [{ number: 1, startedAt: now, endedAt: now, durationSecs: 0, status, errorMessage }], end }
}

async function runAttempts(request: RecordRequest, running: Running): Promise<RunResult> {
  const { identity, signals, journal, context } = running
  const metrics = metricsFile()
  const hasGroup = process.platform !== 'win32' && !hasTerminal()
  const variables = { ...context.store.variables?.(), ...variablesFor(identity) }
  const env = { ...context.env, ...variables, ...(metrics && { [VARIABLES.metrics]: metrics.path }) }
  const attempts: Attempt[] = []
  try {
    for (let number = 1; ; number++) {
      const onStart = (pid: number | undefined, startedAt: Date) => {
        const child = pid === undefined ? undefined : { pid, start: processFacts(pid)?.start }
        journal.update({ child, ...(number === 1 && { startedAt: startedAt.toISOString() }) })
        if (number === 1) locate(journal, context)
      }
      const result = await runAttempt({ number, request, env, signals, hasGroup, metrics, onStart })
      attempts.push(result.attempt)
      if (result.startError) context.say(`${request.command[0]}: ${result.attempt.errorMessage}`)
      if (result.attempt.ignoredMetrics) context.say(ignoredText(result.attempt.ignoredMetrics))
      if (!isRetried(result, number, request, signals)) return { attempts, end: result.end }
      journal.update({ attempts, child: undefined })
      await sleep(request.retryDelayMs, undefined, { signal: signals.idle }).catch(() => undefined)
      if (signals.stopped) return { attempts, end: result.end }
    }
  } finally {
    metrics?.remove()
  }
}

function isRetried(
  { end, attempt }: AttemptResult,
  number: number,
  request: RecordRequest,
  signals: SignalRelay,
): boolean {
  if (number > request.retries || signals.stopped || attempt.status === 'success' || end.signal) return false
  const { retryOn } = request
  if (retryOn) return retryOn.includes(end.exitCode)
  return attempt.status === 'failed' && end.exitCode !== NOT_FOUND && end.exitCode !== NOT_EXECUTABLE
}

/** Finds the database while the command runs. */
function locate(journal: RunJournal, { store }: RecordContext): void {
  const early = store.early()
  if (early) journal.hold(early)
  // A problem is reported once, when the run is stored.
  store.locate().then(
    ({ path, table }) => journal.place(path, table),
    () => undefined,
  )
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function ignoredText(lines: number): string {
  const were = lines === 1 ? '1 line was' : `${lines} lines were`
  return `${were} ignored in $${VARIABLES.metrics}: a line is name=value or a JSON object`
}
