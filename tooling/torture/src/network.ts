import { createRandom } from '@forge/fixtures'
import { type Fault, type FaultProxy, faultProxy, type S3Server, startS3Server } from '@forge/fixtures/s3'

/** An object store, and the way to it, which can be disturbed. */
export interface Network extends AsyncDisposable {
  /** Returns the address of a table's folder in the store. */
  addressOf(name: string): string
  /** The environment of processes on the other side of the network. */
  readonly env: Readonly<Record<string, string>>
  /** The environment of processes that no disturbance reaches. */
  readonly undisturbedEnv: Readonly<Record<string, string>>
  /** Loses, tears, delays and refuses some of the requests, as a seed decides; repeating a request helps. */
  disturb(seed: number): void
  /** Loses all requests. */
  cut(): void
  /** Lets all requests pass again. */
  mend(): void
}

const BUCKET = 'forge-torture'
const MAX_LATENCY_MS = 15
/** The number of requests after expired keys in which no keys expire. */
const MIN_VALID_REQUESTS = 60
/** The faults, each as often as the others. */
const FAULTS: readonly [Fault, ...Fault[]] = [
  'cutBefore',
  'cutAfter',
  'torn',
  { status: 503, code: 'SlowDown' },
  { status: 500, code: 'InternalError' },
  { status: 429 },
  { status: 409, code: 'OperationAborted' },
]
/** The share of requests that meet a fault. Six in a row, which end a request, do not happen. */
const FAULT_SHARE = 0.05
const HANG_SHARE = 0.002
const EXPIRED_SHARE = 0.01

/** Starts an object store and a proxy in front of it. Resolves with the reason if that is not possible. */
export async function startNetwork(): Promise<Network | { readonly reason: string }> {
  const server = await startS3Server([BUCKET])
  return 'reason' in server ? server : networkOf(server, await faultProxy(server.endpoint))
}

function networkOf(server: S3Server, proxy: FaultProxy): Network {
  return {
    addressOf: (name) => `s3://${server.bucket}/${name}`,
    env: { ...server.env, AWS_ENDPOINT_URL_S3: proxy.endpoint },
    undisturbedEnv: server.env,
    disturb(seed) {
      const random = createRandom(seed)
      let validUntil = 0
      proxy.latencyMs = random.below(MAX_LATENCY_MS)
      proxy.plan = ({ number }) => {
        if (number >= validUntil && random.chance(EXPIRED_SHARE)) {
          validUntil = number + MIN_VALID_REQUESTS
          return { status: 400, code: 'ExpiredToken' }
        }
        if (random.chance(HANG_SHARE)) return 'hang'
        return random.chance(FAULT_SHARE) ? random.pick(FAULTS) : undefined
      }
    },
    cut() {
      proxy.plan = () => 'cutBefore'
    },
    mend() {
      proxy.latencyMs = 0
      proxy.plan = () => undefined
    },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}
