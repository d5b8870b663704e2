import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newFolder } from '@forge/writer-core/testing'
import { afterEach, expect, test, vi } from 'vitest'
import { credentialSource, type S3Credentials } from '../src/s3-credentials.ts'

const MINUTE_MS = 60_000
const keys = (number: number, minutes?: number): S3Credentials => ({
  accessKeyId: `key-${number}`,
  secretAccessKey: 'secret',
  ...(minutes !== undefined && { expiration: new Date(Date.now() + minutes * MINUTE_MS) }),
})

afterEach(() => {
  vi.unstubAllEnvs()
})

/** A provider that counts its calls, and the minutes for which each answer is valid. */
function provider(minutes?: number) {
  let calls = 0
  const ask = async () => keys(++calls, minutes)
  return { ask, calls: () => calls }
}

test('keys of the environment are used as they are, an empty token as none', async () => {
  const source = credentialSource(undefined, {
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
    AWS_SESSION_TOKEN: '',
  })
  expect(await source.current()).toEqual({ accessKeyId: 'a', secretAccessKey: 'b', sessionToken: undefined })
  expect(source.renew()).toBe(false)
})

test('a provider is asked once, however many requests start at once', async () => {
  const { ask, calls } = provider()
  const source = credentialSource(ask, {})
  await Promise.all(Array.from({ length: 10 }, () => source.current()))
  expect(calls()).toBe(1)
})

test.each([
  [4, 2],
  [6, 1],
])('keys that expire in %d minutes are asked for %d times', async (minutes, times) => {
  const { ask, calls } = provider(minutes)
  const source = credentialSource(ask, {})
  await source.current()
  await source.current()
  expect(calls()).toBe(times)
})

test('keys that are still valid are used if the provider fails, those that have expired are not', async () => {
  let isDown = false
  let minutes = 2
  const source = credentialSource(async () => {
    if (isDown) throw new Error('no metadata')
    return keys(1, minutes)
  }, {})
  await source.current()
  isDown = true
  expect(await source.current()).toMatchObject({ accessKeyId: 'key-1' })
  isDown = false
  minutes = -1
  await source.current()
  isDown = true
  await expect(source.current()).rejects.toThrow('no metadata')
})

test('a provider without keys is a configuration error', async () => {
  const source = credentialSource(async () => ({ accessKeyId: 'a' }) as S3Credentials, {})
  await expect(source.current()).rejects.toMatchObject({ code: 'CONFIGURATION' })
})

test('without keys the chain of the AWS SDK finds those of a profile', async () => {
  const folder = newFolder()
  await writeFile(
    join(folder, 'credentials'),
    '[logs]\naws_access_key_id = from-profile\naws_secret_access_key = secret\n',
  )
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_PROFILE', 'logs')
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'))
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'))
  expect(await credentialSource(undefined, {}).current()).toMatchObject({ accessKeyId: 'from-profile' })
})
