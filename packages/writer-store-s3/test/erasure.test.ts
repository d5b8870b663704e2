// @module-tag many-calls
import { setTimeout as sleep } from 'node:timers/promises'
import { batchFromRows, batchRows, type ColumnDefinition, eq } from '@forge/writer-core'
import { deltaStorage } from '@forge/writer-storage-delta'
import { s3Stores } from '@forge/writer-store-s3'
import { expect, test } from 'vitest'
import { describeS3, placeOn } from './test-server.ts'

const COLUMNS: ColumnDefinition[] = [{ name: 'id', type: 'string', nullable: false }]
const ref = { schema: 's', name: 't' }

describeS3('an erasure on S3', (server) => {
  test('a vacuum of everything leaves no value of a deleted row, and every version keeps its time', async () => {
    const place = placeOn(server)
    const stores = s3Stores(place)
    const store = stores.open('s/t')
    const objectsWith = async (text: string) => {
      const found: string[] = []
      for (const { path } of await store.list('')) {
        const bytes = await store.get(path)
        if (bytes && Buffer.from(bytes).includes(text)) found.push(path)
      }
      return found
    }
    const storage = deltaStorage({ stores: s3Stores(place) })
    const table = await storage.openTable(ref, { columns: COLUMNS, packSmallFiles: false })
    for (const id of ['ada-the-subject', 'grace']) {
      const batch = batchFromRows(COLUMNS, [{ id }])
      await table.append(batch, { batchId: id.slice(0, 3), runId: id, note: { of: id } })
      // The store's times have whole seconds.
      await sleep(1_100)
    }
    await table.delete(eq('id', 'ada-the-subject'), { batchId: 'erase' })
    await sleep(1_100)
    const timesOf = async (limit?: number) =>
      (await table.history({ limit })).versions
        .filter(({ version }) => version <= 2)
        .map(({ version, timestamp }) => [version, timestamp] as const)
    const times = await timesOf()
    expect(await objectsWith('ada-the-subject')).not.toEqual([])
    await table.vacuum({ everything: true })
    expect(await objectsWith('ada-the-subject')).toEqual([])
    await table.append(batchFromRows(COLUMNS, [{ id: 'linus' }]), { batchId: 'd' })
    expect(await timesOf()).toEqual(times)
    // A history that starts later reads less of the log.
    for (const limit of [4, 5]) expect(await timesOf(limit)).toEqual(times.slice(0, limit - 3))
    for (const [version, time] of times) {
      expect((await (await table.at(new Date(time))).info()).version).toBe(version)
    }
    await storage.close()
    const again = deltaStorage({ stores })
    const reopened = await again.openTable(ref, { columns: COLUMNS })
    const ids: unknown[] = []
    for await (const batch of reopened.scan()) for (const { id } of batchRows(batch)) ids.push(id)
    expect(ids.sort()).toEqual(['grace', 'linus'])
    expect(await reopened.findBatch('gra')).toMatchObject({ version: 1 })
    await again.close()
  })
})
