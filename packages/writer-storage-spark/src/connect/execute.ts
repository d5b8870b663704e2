import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutePlanResponse } from '../gen/messages.ts'
import { errorClass, isLostConnection } from './server-errors.ts'
import type { PlanInit, Session } from './session.ts'

export interface ExecuteOptions {
  readonly signal?: AbortSignal | undefined
  /** The time in milliseconds for which the client tries to get back to a running operation after the connection was lost. */
  readonly reconnectMs: number
}

const FIRST_DELAY_MS = 50
const MAX_DELAY_MS = 2_000

/**
 * Runs a plan and streams its answers, each once. If the connection is lost, the client attaches to the running operation again and goes on after the
 * last answer. The server forgets the operation when the stream ends, and interrupts one that is not finished.
 */
export async function* execute(
  session: Session,
  plan: PlanInit,
  { signal, reconnectMs }: ExecuteOptions,
): AsyncGenerator<ExecutePlanResponse> {
  const operationId = randomUUID()
  const state = { lastResponseId: undefined as string | undefined, isComplete: false, wasSent: false }
  let lostMs: number | undefined
  let delayMs = FIRST_DELAY_MS
  try {
    while (!state.isComplete) {
      signal?.throwIfAborted()
      try {
        for await (const answer of attach(session, plan, operationId, state, signal)) {
          lostMs = undefined
          delayMs = FIRST_DELAY_MS
          state.lastResponseId = answer.responseId
          if (answer.responseType.case === 'resultComplete') state.isComplete = true
          else yield answer
        }
      } catch (error) {
        if (signal?.aborted) throw signal.reason
        if (!isLostConnection(error)) throw error
        lostMs ??= Date.now()
        if (Date.now() - lostMs >= reconnectMs) throw error
        await sleep(delayMs)
        delayMs = Math.min(MAX_DELAY_MS, delayMs * 2)
      }
    }
  } finally {
    if (state.wasSent) void release(session, operationId, state.isComplete)
  }
}

/** Starts the operation, or attaches to it again. An operation that the server does not know has not started yet. */
async function* attach(
  session: Session,
  plan: PlanInit,
  operationId: string,
  state: { readonly lastResponseId: string | undefined; wasSent: boolean },
  signal: AbortSignal | undefined,
): AsyncGenerator<ExecutePlanResponse> {
  const { channel, common } = session
  if (state.wasSent) {
    const { lastResponseId } = state
    const request = { ...common, operationId, ...(lastResponseId !== undefined && { lastResponseId }) }
    try {
      yield* channel.stream('reattachExecute', request, signal)
      return
    } catch (error) {
      const isUnknown = errorClass(error) === 'INVALID_HANDLE.OPERATION_NOT_FOUND'
      if (!isUnknown || lastResponseId !== undefined) throw error
    }
  }
  state.wasSent = true
  const requestOptions = [{ requestOption: { case: 'reattachOptions' as const, value: { reattachable: true } } }]
  yield* channel.stream('executePlan', { ...common, operationId, plan, requestOptions }, signal)
}

/** Lets the server forget the operation; interrupts it if it may still run. */
async function release({ channel, common }: Session, operationId: string, isComplete: boolean): Promise<void> {
  const { clientObservedServerSideSessionId: _observed, ...plain } = common
  if (!isComplete) {
    const interrupt = { case: 'operationId' as const, value: operationId }
    await channel.call('interrupt', { ...plain, interruptType: INTERRUPT_OPERATION, interrupt }).catch(() => undefined)
  }
  await channel
    .call('releaseExecute', { ...plain, operationId, release: { case: 'releaseAll', value: {} } })
    .catch(() => undefined)
}

/** The number of the protocol for an interrupt by the id of an operation. */
const INTERRUPT_OPERATION = 3
