import { addressKind, maskedAddress } from '@forge/writer-core/addresses'
import { sparkStorage, storageAt } from '@forge/writer-storage-spark'
import { expect, test } from 'vitest'

test.each([
  ['sc://localhost', 'sc://localhost:15002'],
  ['sc://localhost:7077/', 'sc://localhost:7077'],
  ['sc://[::1]:15002', 'sc://[::1]:15002'],
  ['SC://spark.example.org/;user_id=etl;path=/data/my%20lake', 'sc://spark.example.org:15002/;path=/data/my%20lake'],
  ['sc://host:443/;token=hunter2;use_ssl=true;x-databricks-cluster-id=0123-abc', 'sc://host:443'],
  ['sc://host:443/;token=hunter2;catalog=main', 'sc://host:443/;catalog=main'],
])('%s is an address, whose location has no secret', async (url, location) => {
  const storage = storageAt(url)
  expect(storage.location).toBe(location)
  await storage.close()
})

test.each([
  ['', 'must be'],
  ['sc://', 'must be an address'],
  ['sc://user:hunter2@host', 'must be an address'],
  ['spark://host', 'must be an address'],
  ['sc://host:0', 'port'],
  ['sc://host:99999', 'port'],
  ['sc://host/table', 'after the host'],
  ['sc://host/;token', 'without a name or a value'],
  ['sc://host/;token=%zz', '%'],
  ['sc://host/;use_tls=true', 'unknown parameters: use_tls'],
  ['sc://host/;use_ssl=maybe', 'use_ssl'],
  ['sc://host/;token=hunter2;use_ssl=false', 'for another machine'],
  ['sc://host/;path=/a;catalog=b', 'a path and a catalog'],
])('%s is refused, and no secret is repeated', (url, problem) => {
  let error: unknown
  try {
    sparkStorage({ url })
  } catch (thrown) {
    error = thrown
  }
  expect(error).toMatchObject({ code: 'CONFIGURATION', message: expect.stringContaining(problem) })
  expect(JSON.stringify(error)).not.toContain('hunter2')
})

test('core knows the scheme, and masks token and headers', () => {
  expect(addressKind('sc://host')).toBe('spark')
  const address = 'sc://host:443/;token=hunter2;path=/lake;x-api-key=hunter2'
  expect(maskedAddress(address)).toBe('sc://host:443/;token=***;path=/lake;x-api-key=***')
})

test('a server that is not there is named in an error, which is transient', async () => {
  const storage = sparkStorage({ url: 'sc://127.0.0.1:1/;token=hunter2;use_ssl=false;path=/lake', reconnectMs: 0 })
  const table = await storage.openTable({ schema: 's', name: 't' })
  const error: unknown = await table.info().catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    code: 'TABLE',
    transient: true,
    message: expect.stringContaining('sc://127.0.0.1:1/;path=/lake'),
  })
  expect(JSON.stringify(error)).not.toContain('hunter2')
  await storage.close()
})
