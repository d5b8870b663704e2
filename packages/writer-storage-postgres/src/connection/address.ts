import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { WriterConfigurationError } from '@forge/writer-core'

/** A server and a database, as the driver takes them. */
export interface ServerPlace {
  readonly host: string
  readonly port: number
  readonly user: string | undefined
  /** The password of the address. Without it, the driver takes PGPASSWORD or the password file. */
  readonly password: string | undefined
  readonly database: string | undefined
  readonly ssl: ConnectionOptions | false
  readonly applicationName: string
  /** The place without user and password. */
  readonly location: string
}

const PARAMETERS = new Set(['sslmode', 'sslrootcert', 'host', 'application_name'])
const MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const

/**
 * Parses `postgres://user:password@host:port/database?sslmode=verify-full`. Throws WriterConfigurationError, which does not repeat the address, as it
 * may contain a password.
 */
export function parseAddress(address: string, env: NodeJS.ProcessEnv = process.env): ServerPlace {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw invalidAddress('must be an address such as postgres://user@host/database')
  }
  const unknown = [...url.searchParams.keys()].filter((name) => !PARAMETERS.has(name))
  if (unknown.length > 0) throw invalidAddress(`has unknown parameters: ${unknown.join(', ')}`)
  const host =
    url.searchParams.get('host') ??
    ((decodePart(url.hostname) ?? '').replace(/^\[|\]$/g, '') || env.PGHOST || 'localhost')
  const port = Number(url.port || env.PGPORT || 5432)
  const database = decodePart(url.pathname.replace(/^\//, '')) ?? env.PGDATABASE
  return {
    host,
    port,
    user: decodePart(url.username),
    password: decodePart(url.password),
    database,
    ssl: tlsOptions(url, host),
    applicationName: url.searchParams.get('application_name') ?? 'forge-writer',
    location: `postgres://${host.includes(':') ? `[${host}]` : encodeURIComponent(host)}:${port}/${encodeURIComponent(database ?? '')}`,
  }
}

/** Returns the decoded part of an address; undefined if it is empty. */
function decodePart(part: string): string | undefined {
  if (part === '') return undefined
  try {
    return decodeURIComponent(part)
  } catch {
    throw invalidAddress('has a % that is not followed by two hexadecimal digits')
  }
}

/** Returns the encryption of the connection. The certificate is verified unless the address has another sslmode or the server is on this machine. */
function tlsOptions(url: URL, host: string): ConnectionOptions | false {
  const mode = url.searchParams.get('sslmode') ?? (isLocal(host) ? 'disable' : 'verify-full')
  const root = url.searchParams.get('sslrootcert')
  if (!MODES.some((known) => known === mode)) throw invalidAddress(`has an sslmode other than ${MODES.join(', ')}`)
  if (mode === 'disable') return false
  if (mode === 'require') return { rejectUnauthorized: false }
  return {
    rejectUnauthorized: true,
    ...(isIP(host) === 0 && { servername: host }),
    ...(root !== null && { ca: readCertificate(root) }),
    ...(mode === 'verify-ca' && { checkServerIdentity: () => undefined }),
  }
}

function isLocal(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127\./.test(host)
}

function readCertificate(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw invalidAddress('names an sslrootcert that cannot be read', cause)
  }
}

function invalidAddress(problem: string, cause?: unknown): WriterConfigurationError {
  return new WriterConfigurationError(`path ${problem}`, {
    context: { problems: [{ setting: 'path', problem }], scheme: 'postgres' },
    suggestions: ['Write postgres://user@host/database. The password may be in PGPASSWORD or in the password file.'],
    committed: 'no',
    cause,
  })
}
