import { setTimeout as sleep } from 'node:timers/promises'
import {
  create,
  type DescMessage,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf'
import { Client, credentials, Metadata, status } from '@grpc/grpc-js'
import { SparkConnectService } from '../gen/messages.ts'
import type { ServerPlace } from './address.ts'
import { callCode, isLostConnection } from './server-errors.ts'

type Methods = typeof SparkConnectService.method
type Named<Name extends keyof Methods> = Methods[Name]
type Input<Name extends keyof Methods> = MessageInitShape<Named<Name>['input']>
type Output<Name extends keyof Methods> = MessageShape<Named<Name>['output']>
type Unary = 'analyzePlan' | 'config' | 'interrupt' | 'releaseExecute' | 'releaseSession'
type Streaming = 'executePlan' | 'reattachExecute'

/** A token, or a function that returns one and is called again when the server refuses it. */
export type TokenSource = string | (() => string | Promise<string>)

/** The connection to a server. A call that fails throws the error of the transport. */
export interface Channel {
  call<Name extends Unary>(name: Name, request: Input<Name>): Promise<Output<Name>>
  /** Streams the answers. `signal` cancels the call. */
  stream<Name extends Streaming>(name: Name, request: Input<Name>, signal?: AbortSignal): AsyncGenerator<Output<Name>>
  /** Sends requests as one stream. */
  upload(requests: () => Iterable<Input<'addArtifacts'>>): Promise<Output<'addArtifacts'>>
  close(): void
}

/** The maximum time in milliseconds of a call that answers once. */
const CALL_MS = 180_000

/** Creates the connection; it is made when it is needed. */
export function channelTo(place: ServerPlace, token: TokenSource | undefined, reconnectMs: number): Channel {
  const host = place.host.includes(':') ? `[${place.host}]` : place.host
  const client = new Client(
    `${host}:${place.port}`,
    place.isEncrypted ? credentials.createSsl() : credentials.createInsecure(),
    {
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
      'grpc.primary_user_agent': place.userAgent,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1_000,
      // Storages do not share connections, so that closing one ends what it does.
      'grpc.use_local_subchannel_pool': 1,
    },
  )
  const headers = headersOf(place, token)
  return {
    call: (name, request) =>
      patiently(reconnectMs, () =>
        headers.use((metadata) => unaryCall(client, SparkConnectService.method[name], request, metadata)),
      ),
    stream: (name, request, signal) => streamCall(client, SparkConnectService.method[name], request, headers, signal),
    upload: (requests) =>
      patiently(reconnectMs, () => headers.use((metadata) => uploadCall(client, requests(), metadata))),
    close: () => client.close(),
  }
}

const FIRST_PAUSE_MS = 50
const MAX_PAUSE_MS = 2_000

/** Repeats a call that changes nothing twice while the connection is lost. */
async function patiently<Result>(reconnectMs: number, work: () => Promise<Result>): Promise<Result> {
  const endMs = Date.now() + reconnectMs
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(MAX_PAUSE_MS, 2 * pauseMs)) {
    try {
      return await work()
    } catch (error) {
      if (!isLostConnection(error) || Date.now() >= endMs) throw error
      await sleep(pauseMs)
    }
  }
}

/** The headers of a call, with the token that they carry. */
interface CallHeaders {
  readonly metadata: Metadata
  readonly bearer: string | undefined
}

interface Headers {
  /** Makes a call; if the server refuses the token, once more with a new one. */
  use<Result>(work: (metadata: Metadata) => Promise<Result>): Promise<Result>
  next(): Promise<CallHeaders>
  /** Forgets a token that the server refused. Returns true if a new one can be had. */
  renew(refused: CallHeaders): Promise<boolean>
}

function headersOf(place: ServerPlace, token: TokenSource | undefined): Headers {
  let known: Promise<string | undefined> | undefined
  const tokenNow = () => {
    if (known === undefined) {
      const asked = Promise.resolve(typeof token === 'function' ? token() : (token ?? place.token))
      known = asked
      asked.catch(() => {
        if (known === asked) known = undefined
      })
    }
    return known
  }
  const next = async () => {
    const metadata = new Metadata()
    for (const [name, value] of place.headers) metadata.set(name, value)
    const bearer = await tokenNow()
    if (bearer !== undefined) metadata.set('authorization', `Bearer ${bearer}`)
    return { metadata, bearer }
  }
  const renew = async ({ bearer }: CallHeaders) => {
    if (typeof token !== 'function') return false
    // Another call may have got a new token meanwhile.
    const asked = known
    if (asked !== undefined && (await asked) === bearer && known === asked) known = undefined
    return true
  }
  return {
    next,
    renew,
    async use(work) {
      const headers = await next()
      try {
        return await work(headers.metadata)
      } catch (error) {
        if (callCode(error) !== status.UNAUTHENTICATED || !(await renew(headers))) throw error
        return work((await next()).metadata)
      }
    },
  }
}

function unaryCall<Method extends DescMethod>(
  client: Client,
  method: Method,
  request: MessageInitShape<Method['input']>,
  metadata: Metadata,
): Promise<MessageShape<Method['output']>> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      pathOf(method),
      writerOf(method.input),
      readerOf(method.output as Method['output']),
      create(method.input, request),
      metadata,
      { deadline: Date.now() + CALL_MS },
      (error, answer?: MessageShape<Method['output']>) =>
        error || answer === undefined ? reject(error) : resolve(answer),
    )
  })
}

async function* streamCall<Method extends DescMethod>(
  client: Client,
  method: Method,
  request: MessageInitShape<Method['input']>,
  headers: Headers,
  signal: AbortSignal | undefined,
): AsyncGenerator<MessageShape<Method['output']>> {
  const message = create(method.input, request)
  for (let isRepeated = false; ; isRepeated = true) {
    const call = await headers.next()
    const stream = client.makeServerStreamRequest(
      pathOf(method),
      writerOf(method.input),
      readerOf(method.output),
      message,
      call.metadata,
    )
    const cancel = () => stream.cancel()
    signal?.addEventListener('abort', cancel)
    let hasAnswer = false
    try {
      signal?.throwIfAborted()
      for await (const answer of stream) {
        hasAnswer = true
        yield answer
      }
      return
    } catch (error) {
      if (hasAnswer || isRepeated || callCode(error) !== status.UNAUTHENTICATED || !(await headers.renew(call)))
        throw error
    } finally {
      signal?.removeEventListener('abort', cancel)
      stream.cancel()
    }
  }
}

function uploadCall(
  client: Client,
  requests: Iterable<Input<'addArtifacts'>>,
  metadata: Metadata,
): Promise<Output<'addArtifacts'>> {
  const method = SparkConnectService.method.addArtifacts
  return new Promise((resolve, reject) => {
    const stream = client.makeClientStreamRequest(
      pathOf(method),
      writerOf(method.input),
      readerOf(method.output),
      metadata,
      {},
      (error, answer) => (error || answer === undefined ? reject(error) : resolve(answer)),
    )
    stream.on('error', () => undefined)
    void (async () => {
      for (const request of requests) {
        if (stream.write(create(method.input, request))) continue
        await new Promise((ready) => {
          stream.once('drain', ready)
          stream.once('error', ready)
          stream.once('close', ready)
        })
        if (stream.destroyed) return
      }
      stream.end()
    })().catch((error: unknown) => {
      stream.cancel()
      reject(error)
    })
  })
}

function pathOf(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`
}

function writerOf<Schema extends DescMessage>(schema: Schema) {
  return (message: MessageShape<Schema>) => Buffer.from(toBinary(schema, message))
}

function readerOf<Schema extends DescMessage>(schema: Schema): (bytes: Buffer) => MessageShape<Schema> {
  return (bytes) => fromBinary(schema, bytes)
}
