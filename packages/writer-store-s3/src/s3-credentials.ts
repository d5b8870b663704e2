import { isWriterError, WriterConfigurationError, type WriterError } from '@forge/writer-core'
import { storeFailure } from '@forge/writer-storage-delta/stores'

/** The keys of an AWS account or role. Never logged, and never part of an error. */
export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  /** The end of temporary keys. They are asked for again 5 minutes before it. Default: never. */
  readonly expiration?: Date | undefined
}

/** Returns credentials, such as a provider of the AWS SDK. Called again when they expire. */
export type S3CredentialProvider = () => Promise<S3Credentials>

/** The credentials of a store, kept until they expire. */
export interface CredentialSource {
  current(): Promise<S3Credentials>
  /** Asks for new credentials at the next call. Returns false if they are always the same. */
  renew(): boolean
}

type Environment = Readonly<Record<string, string | undefined>>

const RENEWED_BEFORE_MS = 300_000
/** The package with the chain, which is installed by those who need it. */
const SDK: string = '@aws-sdk/credential-providers'

/** Returns the source of credentials: those that are given, otherwise those of the environment, otherwise the chain of the AWS SDK. */
export function credentialSource(
  given: S3Credentials | S3CredentialProvider | undefined,
  env: Environment,
): CredentialSource {
  const fixed = typeof given === 'object' ? given : given === undefined ? environmentCredentials(env) : undefined
  if (fixed !== undefined) return { current: async () => fixed, renew: () => false }
  let provider = typeof given === 'function' ? given : undefined
  let known: S3Credentials | undefined
  let asking: Promise<S3Credentials> | undefined

  async function ask(): Promise<S3Credentials> {
    provider ??= await sdkChain()
    const found = await provider().catch((cause: unknown) => {
      throw isWriterError(cause) ? cause : providerFailure(cause)
    })
    return assertKeys(found)
  }

  return {
    async current() {
      if (known !== undefined && remainingMs(known) > RENEWED_BEFORE_MS) return known
      asking ??= ask().finally(() => {
        asking = undefined
      })
      known = await asking.catch((error: unknown) => {
        // They are asked for early, so that a provider may fail for some minutes.
        if (known !== undefined && remainingMs(known) > 0) return known
        throw error
      })
      return known
    },
    renew() {
      known = undefined
      return true
    },
  }
}

function remainingMs({ expiration }: S3Credentials): number {
  return expiration === undefined ? Number.POSITIVE_INFINITY : expiration.getTime() - Date.now()
}

function environmentCredentials(env: Environment): S3Credentials | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: token } = env
  if (!accessKeyId || !secretAccessKey) return undefined
  return { accessKeyId, secretAccessKey, sessionToken: token || undefined }
}

/** Returns the SDK's chain of profiles, single sign-on, web identity, containers and instances. */
async function sdkChain(): Promise<S3CredentialProvider> {
  try {
    const sdk: { fromNodeProviderChain(): S3CredentialProvider } = await import(SDK)
    return sdk.fromNodeProviderChain()
  } catch (cause) {
    throw new WriterConfigurationError('no credentials for S3 were found', {
      suggestions: [
        'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or pass `credentials` to s3Stores().',
        'For profiles, single sign-on and roles, install @aws-sdk/credential-providers next to this package.',
      ],
      committed: 'no',
      cause,
    })
  }
}

/** Returns the error of a provider that has failed. It says nothing about the table, and may be temporary. */
function providerFailure(cause: unknown): WriterError {
  return storeFailure('the credentials for S3 could not be obtained', {
    suggestions: [
      'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile or role that the AWS SDK finds.',
      'If you pass `credentials`, see the cause of this error.',
    ],
    transient: true,
    cause,
  })
}

function assertKeys(found: S3Credentials): S3Credentials {
  if (typeof found?.accessKeyId === 'string' && typeof found.secretAccessKey === 'string') return found
  throw new WriterConfigurationError('the provider of credentials returned no keys', {
    suggestions: ['Return an object with accessKeyId and secretAccessKey.'],
    committed: 'no',
  })
}
