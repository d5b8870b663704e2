import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { newFolder } from '@forge/writer-core/testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
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
  await expect(source.current()).rejects.toMatchObject({
    code: 'TABLE',
    committed: 'no',
    transient: true,
    cause: expect.objectContaining({ message: 'no metadata' }),
  })
})

test('a provider without keys is a configuration error', async () => {
  const source = credentialSource(async () => ({ accessKeyId: 'a' }) as S3Credentials, {})
  await expect(source.current()).rejects.toMatchObject({ code: 'CONFIGURATION' })
})

const EXPIRATION = '2126-11-30T00:00:00Z'

/** Runs a test next to a service of AWS that has one answer for all requests. */
async function withService(body: string, use: (address: string, asked: readonly IncomingMessage[]) => Promise<void>) {
  const asked: IncomingMessage[] = []
  const service = createServer((request, answer) => {
    asked.push(request)
    answer.end(body)
  })
  service.listen(0, '127.0.0.1')
  await once(service, 'listening')
  const address = service.address()
  try {
    await use(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, asked)
  } finally {
    service.closeAllConnections()
    service.close()
  }
}

describe('without keys, the chain of the AWS SDK finds', () => {
  const folder = newFolder()
  beforeEach(() => {
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'))
    vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'))
  })

  test('those of a profile', async () => {
    await writeFile(
      join(folder, 'credentials'),
      '[logs]\naws_access_key_id = from-profile\naws_secret_access_key = secret\n',
    )
    vi.stubEnv('AWS_PROFILE', 'logs')
    expect(await credentialSource(undefined, {}).current()).toMatchObject({ accessKeyId: 'from-profile' })
  })

  test('those of a container, with their token and their end', async () => {
    const keys = { AccessKeyId: 'from-container', SecretAccessKey: 'secret', Token: 'token', Expiration: EXPIRATION }
    await withService(JSON.stringify(keys), async (address, asked) => {
      vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${address}/keys`)
      vi.stubEnv('AWS_CONTAINER_AUTHORIZATION_TOKEN', 'pass')
      const found = await credentialSource(undefined, {}).current()
      expect(found).toMatchObject({ accessKeyId: 'from-container', sessionToken: 'token' })
      expect(found.expiration).toEqual(new Date(EXPIRATION))
      expect(asked.map(({ url, headers }) => [url, headers.authorization])).toEqual([['/keys', 'pass']])
    })
  })

  test('those of a web identity, as in Kubernetes', async () => {
    const answer = `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
      <Credentials><AccessKeyId>from-identity</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
      <Expiration>${EXPIRATION}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`
    await withService(answer, async (address) => {
      await writeFile(join(folder, 'identity'), 'a signed identity')
      vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', join(folder, 'identity'))
      vi.stubEnv('AWS_ROLE_ARN', 'arn:aws:iam::123456789012:role/logs')
      vi.stubEnv('AWS_REGION', 'eu-west-1')
      vi.stubEnv('AWS_ENDPOINT_URL_STS', address)
      const found = await credentialSource(undefined, {}).current()
      expect(found).toMatchObject({ accessKeyId: 'from-identity', sessionToken: 'token' })
      expect(found.expiration).toEqual(new Date(EXPIRATION))
    })
  })

  test('nothing, and then the error names what can be set', async () => {
    await expect(credentialSource(undefined, {}).current()).rejects.toMatchObject({
      code: 'TABLE',
      committed: 'no',
      suggestions: expect.arrayContaining([expect.stringContaining('AWS_ACCESS_KEY_ID')]),
    })
  })
})
