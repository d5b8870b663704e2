import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { exportAnalyticsData, exportBytes } from '../src/index.ts'
import { onEveryStorage } from './logs.ts'

async function allOf(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of bytes) chunks.push(chunk)
  return Buffer.concat(chunks)
}

onEveryStorage((open) => {
  const rows = Array.from({ length: 50 }, (_none, at) => ({
    run_id: 'r',
    phase: 'gold' as const,
    step_name: `s${at}`,
    start_time: '2024-06-14T06:00:00Z',
  }))

  test.each(['json', 'ndjson', 'csv', 'arrow'] as const)('the bytes of %s are those of the file', async (format) => {
    await using log = await open()
    await log.write(rows)
    const options = { format, orderBy: [{ column: 'step_name' }] }
    const path = join(log.directory, `rows.${format}`)
    await exportAnalyticsData(log.source, { ...options, path })
    expect(await allOf(exportBytes(log.source, options))).toEqual(await readFile(path))
  })

  test('bytes are compressed as the file is, and parquet is a whole file', async () => {
    await using log = await open()
    await log.write(rows)
    const plain = await allOf(exportBytes(log.source, { format: 'csv' }))
    expect(gunzipSync(await allOf(exportBytes(log.source, { format: 'csv', compression: 'gzip' })))).toEqual(plain)
    const brotli = await allOf(exportBytes(log.source, { format: 'csv', compression: 'brotli' }))
    expect(brotliDecompressSync(brotli)).toEqual(plain)
    const parquet = await allOf(exportBytes(log.source, { format: 'parquet' }))
    expect([parquet.subarray(0, 4), parquet.subarray(-4)].map(String)).toEqual(['PAR1', 'PAR1'])
  })

  test('what goes wrong while rows are read ends the bytes, also the compressed ones', async () => {
    await using log = await open()
    await log.write(rows)
    const abort = new AbortController()
    abort.abort()
    const options = { format: 'csv', signal: abort.signal } as const
    await expect(allOf(exportBytes(log.source, options))).rejects.toThrow()
    await expect(allOf(exportBytes(log.source, { ...options, compression: 'gzip' }))).rejects.toThrow()
    await expect(allOf(exportBytes(log.source, { compression: 'lz4' }))).rejects.toMatchObject({
      code: 'CONFIGURATION',
    })
  })
})
