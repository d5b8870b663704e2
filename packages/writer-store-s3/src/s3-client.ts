import { setTimeout as sleep } from 'node:timers/promises'
import { isWriterError } from '@forge/writer-core'
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

export function s3Client(settings: S3Settings): S3Client {
  const { bucket, retryMs } = settings
  const sender = signedSender(settings)
  return {
    bucket,
    identity: addressOfKey(settings, settings.region, '').href,
    async send(request) {
      const endMs = Date.now() + retryMs
      const adapted = new Set<AnswerKind>()
      let mayBeDone = false
      for (let tries = 0; ; tries++) {
        const outcome = await sender.attempt(request).catch((error: unknown) => {
          if (isWriterError(error)) throw error
          return { error }
        })
        const kind = 'error' in outcome ? 'failed' : answerKind(outcome, request.method)
        if (!('error' in outcome)) {
          if (kind === 'final') return expectedAnswer(request, outcome, bucket)
          if (!adapted.has(kind) && sender.adapt(kind, outcome)) {
            adapted.add(kind)
            continue
          }
          if (kind !== 'busy' && kind !== 'failed') return expectedAnswer(request, outcome, bucket)
        }
        mayBeDone ||= kind === 'failed'
        const pauseMs = Math.random() * Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries)
        if (tries >= MAX_RETRIES || Date.now() + pauseMs > endMs) {
          throw noAnswer(request, bucket, outcome, mayBeDone)
        }
        await sleep(pauseMs)
      }
    },
  }
}

function expectedAnswer(request: S3Request, answer: S3Answer, bucket: string): S3Answer {
  const isExpected = request.expected?.includes(answer.status) && errorCodeOf(answer) !== 'NoSuchBucket'
  if (answer.status < 300 || isExpected) return answer
  throw answerError(request, answer, bucket)
}

function noAnswer(
  { method, isConditional = false }: S3Request,
  bucket: string,
  outcome: S3Answer | { readonly error: unknown },
  mayBeDone: boolean,
): Error {
  const isAnswered = 'status' in outcome
  const what = isAnswered ? `answered with ${outcome.status}` : 'did not answer'
  return storeFailure(`the object store ${what}: ${method} in bucket ${bucket}`, {
    context: { bucket, method, ...(isAnswered && { status: outcome.status }) },
    suggestions: ['Try again: the store or the network was not available.'],
    committed: isConditional && mayBeDone ? 'unknown' : 'no',
    transient: true,
    ...('error' in outcome && { cause: outcome.error }),
  })
}
