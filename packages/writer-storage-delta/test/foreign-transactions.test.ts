import { appendFile, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { batchFromRows, type ColumnDefinition } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { openEngine } from '@forge/writer-storage-duckdb/engine'
import { beforeEach, expect, test } from 'vitest'
import { deltaStorage } from '../src/index.ts'
import { field, type HandMadeTable, handMadeTable, metaData, PLAIN } from './hand-made-table.ts'

const ref = { schema: 's', name: 't' }
const ID: ColumnDefinition = { name: 'id', type: 'int32', nullable: true }
const VERSIONS = ['20240101120000123', '9223372036854775807', '7']
const LINES = VERSIONS.map((version, at) => `{"txn":{"appId":"\\"version\\":${at}","version":${version}}}`)
let path = ''
let table: HandMadeTable

beforeEach(async () => {
  path = newFolder()
  table = handMadeTable(join(path, 's/t'))
})

async function append(batchId: string, { everything = false, checkpoint = false }) {
  const storage = deltaStorage({ path })
  const opened = await storage.openTable(ref)
  await opened.append(batchFromRows([ID], [{ id: 1 }]), { batchId })
  if (everything) await opened.vacuum({ everything })
  if (checkpoint) await opened.checkpoint()
  await storage.close()
}

async function versionsOfCheckpoints(): Promise<unknown[]> {
  const engine = await openEngine({ threads: 1 })
  const session = await engine.session()
  const found = await session.rows(
    `select txn.version::varchar as version from read_parquet('${table.path}/_delta_log/*.checkpoint.parquet')
     where starts_with(txn."appId", '"version"') order by filename, length(version) desc, version`,
  )
  session.close()
  engine.close()
  return found.map(({ version }) => version)
}

test('transactions of others keep every digit of their version in checkpoints', async () => {
  const file = await table.commit(0, { protocol: PLAIN }, metaData([field('id')]))
  await appendFile(file, `\n${LINES.join('\n')}`)
  await append('a', { checkpoint: true })
  await rm(file)
  await append('b', { checkpoint: true })
  const sorted = [VERSIONS[1], VERSIONS[0], VERSIONS[2]]
  expect(await versionsOfCheckpoints()).toEqual([...sorted, ...sorted])
})

test('transactions of others keep every digit of their version in scrubbed commits', async () => {
  const file = await table.commit(0, { protocol: PLAIN }, metaData([field('id')]), {
    commitInfo: { userMetadata: 'x' },
  })
  await appendFile(file, `\n${LINES.join('\n')}`)
  await append('a', { everything: true })
  const scrubbed = await readFile(file, 'utf8')
  expect(scrubbed).not.toContain('userMetadata')
  expect(scrubbed.split('\n')).toEqual(expect.arrayContaining(LINES))
})
