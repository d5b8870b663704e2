import { performance } from 'node:perf_hooks'
import { realisticRows } from '@forge/fixtures'
import { type FaultProxy, faultProxy, type S3Server, startS3Server } from '@forge/fixtures/s3'
import { s3Stores } from '@forge/writer-store-s3'
import type { Bench, BenchContext, Measurement } from './harness/bench.ts'
import { DELTA_TABLE, openDeltaWriter } from './harness/open-delta-writer.ts'
import { median } from './harness/statistics.ts'

const SMALL_ROWS = 10
const WRITES = 20
const MANY_ROWS = 1_000_000
const SMALL = `${SMALL_ROWS} rows`
const LARGE = `${MANY_ROWS} rows`
/** The way to a store in the same region. */
const LATENCY_MS = 20

/**
 * Requests, round trips and time of an append to a Delta table on S3, over a proxy that adds the time of a network; and a million rows against one
 * upload of the same bytes.
 */
export const s3Append: Bench = {
  name: 's3-append',
  question: 'What does an append to a Delta table on S3 cost?',
  async *run(context) {
    const server = await startS3Server()
    if ('reason' in server) {
      process.stderr.write(`skipped: s3-append: ${server.reason}\n`)
      return
    }
    const proxy = await faultProxy(server.endpoint)
    try {
      if (context.wants(SMALL)) yield* smallAppends(server, proxy)
      if (context.wants(LARGE)) yield await largeAppend(server, context)
    } finally {
      await proxy[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    }
  },
}

function storesOf({ bucket, region, accessKeyId, secretAccessKey }: S3Server, endpoint: string, prefix: string) {
  return s3Stores({ bucket, prefix, endpoint, region, credentials: { accessKeyId, secretAccessKey } })
}

async function* smallAppends(server: S3Server, proxy: FaultProxy): AsyncGenerator<Measurement> {
  const stores = storesOf(server, proxy.endpoint, 'small')
  const writer = await openDeltaWriter({ stores }, { enableOptimization: false })
  const times: number[] = []
  let requests = 0
  let rounds = 0
  for (let write = -3; write < WRITES; write++) {
    const rows = [...realisticRows(SMALL_ROWS, { seed: write + 3 })]
    proxy.latencyMs = LATENCY_MS
    proxy.requests.splice(0)
    proxy.rounds = 0
    const startMs = performance.now()
    await writer.writeLogRows(rows)
    if (write < 0) continue
    times.push(performance.now() - startMs)
    requests += proxy.requests.length
    rounds += proxy.rounds
  }
  await writer.close()
  yield { case: `${SMALL}, requests`, value: requests / WRITES, unit: 'requests' }
  yield { case: `${SMALL}, round trips`, value: rounds / WRITES, unit: 'round trips' }
  const ms = median(times)
  yield { case: `${SMALL}, p50`, value: ms, unit: 'ms', ratio: ms / LATENCY_MS, against: `a way of ${LATENCY_MS} ms` }
}

async function largeAppend(server: S3Server, { repetitions }: BenchContext): Promise<Measurement> {
  const rows = [...realisticRows(MANY_ROWS)]
  const oursMs: number[] = []
  const uploadMs: number[] = []
  for (let repetition = 0; repetition <= Math.min(repetitions, 3); repetition++) {
    const stores = storesOf(server, server.endpoint, `large-${repetition}`)
    const writer = await openDeltaWriter({ stores })
    const startMs = performance.now()
    await writer.writeLogRows(rows)
    const endMs = performance.now()
    const { sizeBytes } = await (await writer.storage.openTable(DELTA_TABLE)).info()
    const copy = stores.open('copy')
    const bytes = new Uint8Array(sizeBytes)
    const uploadStartMs = performance.now()
    await copy.put('bytes', bytes)
    if (repetition > 0) {
      oursMs.push(endMs - startMs)
      uploadMs.push(performance.now() - uploadStartMs)
    }
    await writer.close()
  }
  const ms = median(oursMs)
  const against = 'one upload of as many bytes'
  return { case: LARGE, value: ms, unit: 'ms', ratio: ms / median(uploadMs), against }
}
