import { setTimeout as sleep } from 'node:timers/promises'
import { isWriterError, type WriterError } from '@forge/writer-core'
import { storeFailure } from '@forge/writer-storage-delta/stores'
import { type AnswerKind, answerKind, errorCodeOf, type S3Answer } from './s3-answer.ts'
import { answerError } from './s3-error.ts'
import { addressOfKey, type S3Settings } from './s3-settings.ts'
import { type S3Request, signedSender } from './signed-sender.ts'

/** A client of one bucket. */
export interface S3Client {
  readonly bucket: string
  /** The address of the service and the bucket, by which facts about them are remembered. */
  readonly identity: string
  /**
   * Sends a request and repeats it while that can help. Throws a WriterError otherwise: `committed` is `unknown` if a conditional request may have been
   * carried out.
   */
  send(request: S3Request): Promise<S3Answer>
}

/** The number of repetitions of a request that gets no usable answer. */
const MAX_RETRIES = 5
const FIRST_PAUSE_MS = 50
const MAX_PAUSE_MS = 5_000

/** The maximum number of redirects of one request. */
const MAX_REDIRECTS = 3

type Outcome = S3Answer | { readonly error: unknown }

export function s3Client(settings: S3Settings): S3Client {
  const { bucket, retryMs } = settings
  const sender = signedSender(settings)
  return {
    bucket,
    identity: addressOfKey(settings, settings.region, '').href,
    async send(request) {
      const endMs = Date.now() + retryMs
      const adaptations = new Map<AnswerKind, number>()
      let address: URL | undefined
      let mayBeDone = false
      for (let tries = 0; ; tries++) {
        const outcome = await sender.attempt(request, address).catch((error: unknown) => ({ error }))
        const kind = 'error' in outcome ? failureKind(outcome.error) : answerKind(outcome, request.method)
        if (!('error' in outcome)) {
          if (kind === 'final' && isExpected(request, outcome)) return outcome
          const times = adaptations.get(kind) ?? 0
          const adaptation = times < (kind === 'elsewhere' ? MAX_REDIRECTS : 1) && sender.adapt(kind, outcome)
          if (adaptation) {
            adaptations.set(kind, times + 1)
            address = adaptation.address
            continue
          }
        }
        mayBeDone ||= kind === 'failed'
        const pauseMs = Math.random() * Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries)
        const isOver = tries >= MAX_RETRIES || Date.now() + pauseMs > endMs
        if (isOver || (kind !== 'busy' && kind !== 'failed')) {
          const error = failureOf(request, bucket, outcome, kind)
          throw request.isConditional && mayBeDone ? withUnknownOutcome(error) : error
        }
        await sleep(pauseMs)
      }
    },
  }
}

/** Returns what an error without an answer means. The provider of credentials fails before anything is sent. */
function failureKind(error: unknown): AnswerKind {
  if (!isWriterError(error)) return 'failed'
  return error.transient ? 'busy' : 'final'
}

function isExpected({ expected }: S3Request, answer: S3Answer): boolean {
  if (answer.status < 300) return true
  return (expected?.includes(answer.status) ?? false) && errorCodeOf(answer) !== 'NoSuchBucket'
}

function failureOf(request: S3Request, bucket: string, outcome: Outcome, kind: AnswerKind): WriterError {
  if ('error' in outcome && isWriterError(outcome.error)) return outcome.error
  if (!('error' in outcome) && kind !== 'busy' && kind !== 'failed') return answerError(request, outcome, bucket)
  const { method } = request
  const isAnswered = 'status' in outcome
  const what = isAnswered ? `answered with ${outcome.status}` : 'did not answer'
  return storeFailure(`the object store ${what}: ${method} in bucket ${bucket}`, {
    context: { bucket, method, ...(isAnswered && { status: outcome.status }) },
    suggestions: ['Try again: the store or the network was not available.'],
    transient: true,
    ...('error' in outcome && { cause: outcome.error }),
  })
}

/** Returns the error of a request of which an earlier attempt may have been carried out, whatever the last one met. */
function withUnknownOutcome(error: WriterError): WriterError {
  const { message, context, suggestions, transient, cause } = error
  return storeFailure(message, { context, suggestions, transient, cause, committed: 'unknown' })
}
