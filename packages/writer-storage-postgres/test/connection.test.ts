// @module-tag processes
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LONG_HOOK_MS } from '@forge/fixtures'
import { startPostgresServer } from '@forge/fixtures/postgres'
import { newFolder } from '@forge/writer-core/testing'
import { postgresStorage } from '@forge/writer-storage-postgres'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { parseAddress } from '../src/connection/address.ts'
import { runSql } from './drop-all.ts'

const started = await startPostgresServer({ tls: true })
const server = 'reason' in started ? undefined : started
const PASSWORD = 'hunter2:with\\odd characters'

afterEach(() => {
  vi.unstubAllEnvs()
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
}, LONG_HOOK_MS)

/** Resolves with what the server says about the connection, or with the error. */
async function connect(url: string): Promise<unknown> {
  const storage = postgresStorage({ url })
  try {
    return (await storage.doctor()).checks.find(({ name }) => name === 'connection')?.detail
  } catch (error) {
    return error
  } finally {
    await storage.close()
  }
}

describe.skipIf(server === undefined)(
  `a connection${'reason' in started ? ` (skipped: ${started.reason})` : ''}`,
  () => {
    const { port = 0, certificates } = server ?? {}
    const at = (host: string, query: string) => `postgres://postgres@${host}:${port}/postgres${query}`
    const authority = encodeURIComponent(certificates?.authority ?? '')
    const other = encodeURIComponent(certificates?.otherAuthority ?? '')
    const refusal = {
      code: 'TABLE',
      transient: false,
      suggestions: [expect.stringContaining('sslrootcert'), expect.anything()],
    }

    test('is encrypted if the certificate has the right authority and the right name', async () => {
      for (const mode of ['verify-full', 'verify-ca']) {
        expect(await connect(at('localhost', `?sslmode=${mode}&sslrootcert=${authority}`))).toMatch(
          /^encrypted with TLS/,
        )
      }
    })

    test('is refused, and not tried again, if the certificate has another authority', async () => {
      for (const mode of ['verify-full', 'verify-ca', 'require']) {
        expect([mode, await connect(at('localhost', `?sslmode=${mode}&sslrootcert=${other}`))]).toEqual([
          mode,
          expect.objectContaining(refusal),
        ])
      }
      expect(await connect(at('localhost', '?sslmode=verify-full'))).toMatchObject(refusal)
    })

    test('is refused if the certificate has another name, unless only the authority is to be verified', async () => {
      const query = (mode: string) => `?sslmode=${mode}&sslrootcert=${authority}`
      expect(await connect(at('127.0.0.1', query('verify-full')))).toMatchObject(refusal)
      expect(await connect(at('127.0.0.1', query('verify-ca')))).toMatch(/^encrypted/)
    })

    test('is encrypted without verification if the address says so, and in plain text if it says that', async () => {
      expect(await connect(at('127.0.0.1', '?sslmode=require'))).toMatch(/^encrypted/)
      expect(await connect(at('127.0.0.1', '?sslmode=disable'))).toBe('not encrypted, on this machine')
    })

    test('takes what the address leaves out from the variables of PostgreSQL', async () => {
      vi.stubEnv('PGHOST', '127.0.0.1')
      vi.stubEnv('PGPORT', String(port))
      vi.stubEnv('PGUSER', 'postgres')
      vi.stubEnv('PGDATABASE', 'postgres')
      expect(await connect('postgres://')).toBe('not encrypted, on this machine')
      vi.stubEnv('PGSSLMODE', 'verify-full')
      expect(await connect('postgres://')).toMatchObject({ code: 'TABLE' })
      vi.stubEnv('PGSSLROOTCERT', certificates?.authority ?? '')
      vi.stubEnv('PGHOST', 'localhost')
      expect(await connect('postgres://')).toMatch(/^encrypted/)
      expect(await connect('postgres://?sslmode=disable')).toBe('not encrypted, on this machine')
      vi.stubEnv('PGSSLMODE', 'sometimes')
      await expect(async () => connect('postgres://')).rejects.toMatchObject({ code: 'CONFIGURATION' })
    })

    describe('with a password', () => {
      const url = `postgres://secured@127.0.0.1:${port}/postgres`
      beforeAll(async () => {
        if (server) await runSql(server, `create role secured login superuser password '${PASSWORD}'`)
      })

      test('takes it from the address, from PGPASSWORD or from the password file', async () => {
        const isOpen = 'not encrypted, on this machine'
        expect(await connect(url.replace('secured@', `secured:${encodeURIComponent(PASSWORD)}@`))).toBe(isOpen)
        vi.stubEnv('PGPASSWORD', PASSWORD)
        expect(await connect(url)).toBe(isOpen)
        vi.stubEnv('PGPASSWORD', undefined)
        const file = join(newFolder(), 'passwords')
        const escaped = PASSWORD.replace(/[\\:]/g, '\\$&')
        writeFileSync(file, `other:*:*:*:wrong\n127.0.0.1:${port}:*:secured:${escaped}\n`)
        chmodSync(file, 0o600)
        vi.stubEnv('PGPASSFILE', file)
        expect(await connect(url)).toBe(isOpen)
      })

      test('that is wrong or missing is an error that is not tried again and shows no password', async () => {
        vi.stubEnv('PGPASSFILE', join(newFolder(), 'none'))
        for (const given of ['', ':not-the-hunter2']) {
          const error = await connect(url.replace('secured@', `secured${given}@`))
          expect(error).toMatchObject({
            code: 'TABLE',
            transient: false,
            suggestions: [expect.stringContaining('PGPASSWORD')],
          })
          expect(JSON.stringify([error, String(error), String((error as Error).cause)])).not.toContain('hunter2')
        }
      })
    })
  },
)

test('a certificate is verified unless the server is on this machine or the address says otherwise', () => {
  const tlsOf = (address: string) => parseAddress(address, {}).ssl
  expect(tlsOf('postgres://db.example.org/logs')).toMatchObject({
    rejectUnauthorized: true,
    servername: 'db.example.org',
  })
  expect(tlsOf('postgres://10.0.0.7/logs')).toMatchObject({ rejectUnauthorized: true })
  expect(tlsOf('postgres://localhost.example.org/logs')).toMatchObject({ rejectUnauthorized: true })
  for (const local of ['localhost', '127.0.0.1', '[::1]']) expect(tlsOf(`postgres://${local}/logs`)).toBe(false)
  expect(tlsOf('postgres://u@/logs?host=/var/run/postgresql')).toBe(false)
  expect(tlsOf('postgres://db.example.org/logs?sslmode=disable')).toBe(false)
})
