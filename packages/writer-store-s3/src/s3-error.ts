import {
  WriterConfigurationError,
  type WriterError,
  WriterTableError,
  WriterUnsupportedError,
} from '@forge/writer-core'
import { storeFailure } from '@forge/writer-storage-delta/stores'
import { answerKind, errorCodeOf, regionOf, type S3Answer } from './s3-answer.ts'
import type { S3Request } from './signed-sender.ts'

const INVALID_KEYS: ReadonlySet<string> = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'InvalidToken',
  'InvalidSecurity',
  'ExpiredToken',
])

/** Returns the error of an answer. It names the code of the store, and never its text, which repeats keys and signatures. */
export function answerError({ method, key }: S3Request, answer: S3Answer, bucket: string): WriterError {
  const code = errorCodeOf(answer)
  const { status, headers } = answer
  const requestId = headers.get('x-amz-request-id')
  const context = { bucket, method, key, status, ...(code && { code }), ...(requestId && { requestId }) }
  const details = { context, committed: 'no' } as const
  if (code === 'NoSuchBucket') {
    return new WriterTableError(`the bucket ${bucket} does not exist`, {
      ...details,
      suggestions: ['Create the bucket, or check its name, the region and the endpoint.'],
    })
  }
  if (code === 'InvalidBucketName') {
    return new WriterConfigurationError(`${bucket} is not a valid bucket name`, details)
  }
  if (code !== undefined && INVALID_KEYS.has(code)) {
    return storeFailure(`the object store does not accept the credentials: ${code}`, {
      ...details,
      suggestions: ['Check the keys, the region and the endpoint. A temporary key needs its session token.'],
    })
  }
  if (answerKind(answer, method) === 'elsewhere') {
    const region = regionOf(answer)
    const location = originOf(headers.get('location'))
    return storeFailure(`the bucket ${bucket} is in another region or at another address`, {
      ...details,
      context: { ...context, ...(region && { region }), ...(location && { location }) },
      suggestions: [
        region ? `Set the region to ${region}.` : 'Set the region of the bucket.',
        location ? `If ${location} is the service, set it as the endpoint.` : 'Check the endpoint.',
      ],
    })
  }
  if (status === 403 || status === 401) {
    return storeFailure(`the object store refused access: ${method} in bucket ${bucket}`, {
      ...details,
      suggestions: [
        'Allow s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket; without the last one, missing objects look forbidden.',
      ],
    })
  }
  if (status === 501 || code === 'NotImplemented') {
    return new WriterUnsupportedError(`the object store does not support a request: ${method}`, details)
  }
  return storeFailure(
    `the object store answered with ${status}${code ? ` ${code}` : ''}: ${method} in bucket ${bucket}`,
    details,
  )
}

/** Returns the start of an address: the rest may repeat a signature. */
function originOf(address: string | null): string | undefined {
  return address !== null && URL.canParse(address) ? new URL(address).origin : undefined
}

/** Returns the error of an object that the log names and that does not exist. */
export function missingFile(path: string): WriterTableError {
  return new WriterTableError('a file of the table is missing', { context: { file: path }, committed: 'no' })
}
