import { isWriterError } from '@forge/writer-core'
import { s3Stores, s3StoresAt, storageAt } from '@forge/writer-store-s3'
import { expect, test } from 'vitest'
import { keyOf, parseS3Address } from '../src/s3-place.ts'
import { addressOfKey, s3Settings } from '../src/s3-settings.ts'

test.each([
  ['s3://logs', 'logs', ''],
  ['s3://logs/', 'logs', ''],
  ['s3://logs/a/b', 'logs', 'a/b'],
  ['S3://logs/a/b/', 'logs', 'a/b'],
  ['s3a://logs/a', 'logs', 'a'],
  ['s3n://my.logs/ü x/%41', 'my.logs', 'ü x/%41'],
])('%s is a place', (address, bucket, prefix) => {
  expect(parseS3Address(address)).toEqual({ bucket, prefix })
})

test.each([
  's3://',
  's3:logs',
  's3://ab',
  's3://key:hunter2@logs/a',
  's3://lo gs',
  's3://logs/a//b',
  's3://logs/../b',
  's3://logs/.',
  'gs://logs/hunter2',
])('%s is refused, and is not repeated', (address) => {
  let error: unknown
  try {
    s3StoresAt(address)
  } catch (thrown) {
    error = thrown
  }
  if (!isWriterError(error)) throw error
  expect(error).toMatchObject({ code: 'CONFIGURATION', committed: 'no' })
  expect(JSON.stringify({ ...error, message: error.message })).not.toMatch(/hunter2/)
})

test.each([
  ['part-1.parquet', 'p/s/t/part-1.parquet'],
  ['s3://logs/p/s/t/part-1.parquet', 'p/s/t/part-1.parquet'],
  ['s3a://logs/elsewhere/part-1.parquet', 'elsewhere/part-1.parquet'],
  ['s3n://logs/x', 'x'],
])('the path %s of a log is the key %s', (path, key) => {
  expect(keyOf({ bucket: 'logs', prefix: 'p/s/t' }, path)).toBe(key)
})

test.each(['s3://other/x', 'file:///x', '/x', 'abfss://c@a/x', '../x', 's3a://logs/a/../b'])(
  'the path %s of a log is refused by name',
  (path) => {
    expect(() => keyOf({ bucket: 'logs', prefix: 'p' }, path)).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED', context: { feature: expect.any(String) } }),
    )
  },
)

test.each([
  [{}, 'logs', 'https://logs.s3.us-east-1.amazonaws.com/a%20b/%2B'],
  [{ region: 'eu-west-1' }, 'logs', 'https://logs.s3.eu-west-1.amazonaws.com/a%20b/%2B'],
  [{ region: 'cn-north-1' }, 'logs', 'https://logs.s3.cn-north-1.amazonaws.com.cn/a%20b/%2B'],
  [{}, 'my.logs', 'https://s3.us-east-1.amazonaws.com/my.logs/a%20b/%2B'],
  [{ endpoint: 'http://127.0.0.1:9000' }, 'logs', 'http://127.0.0.1:9000/logs/a%20b/%2B'],
  [{ endpoint: 'https://gate.example.org/s3/' }, 'logs', 'https://gate.example.org/s3/logs/a%20b/%2B'],
  [{ endpoint: 'https://gate.example.org', pathStyle: false }, 'logs', 'https://logs.gate.example.org/a%20b/%2B'],
])('with %j, keys of the bucket %s have the address %s', (options, bucket, address) => {
  const settings = s3Settings(bucket, options, {})
  expect(addressOfKey(settings, settings.region, 'a b/+').href).toBe(address)
})

test('the environment gives region and endpoint, and options come before it', () => {
  const env = { AWS_REGION: 'eu-west-3', AWS_ENDPOINT_URL: 'http://a:1', AWS_ENDPOINT_URL_S3: 'http://b:2' }
  expect(s3Settings('logs', {}, env)).toMatchObject({ region: 'eu-west-3', isPathStyle: true })
  expect(s3Settings('logs', {}, env).endpoint?.host).toBe('b:2')
  expect(s3Settings('logs', { endpoint: 'http://c:3', region: 'x' }, env)).toMatchObject({ region: 'x' })
  expect(s3Settings('logs', { endpoint: 'http://c:3' }, env).endpoint?.host).toBe('c:3')
})

test.each(['http://key:hunter2@host', 'ftp://host', 'host:9000', 'https://host?token=hunter2'])(
  'the endpoint %s is refused, and is not repeated',
  (endpoint) => {
    const open = () => s3Stores({ bucket: 'logs', endpoint })
    expect(open).toThrow(expect.objectContaining({ code: 'CONFIGURATION' }))
    expect(open).not.toThrow(/hunter2/)
  },
)

test('a storage at an address knows its place without asking for it', () => {
  expect(storageAt('s3://company-logs/pipelines/')).toMatchObject({
    name: 'delta',
    location: 's3://company-logs/pipelines',
  })
})
