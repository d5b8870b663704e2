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
  /** The column by whose months new tables are partitioned. */
  readonly partitionByMonth: string | undefined
  /** True if each commit is notified. */
  readonly notifyChanges: boolean
  /** The place without user and password. */
  readonly location: string
}

const PARAMETERS = new Set([
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'host',
  'application_name',
  'partition_by_month',
  'notify_changes',
])
const MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const

/**
 * Parses `postgres://user:password@host:port/database?sslmode=verify-full`. Throws WriterConfigurationError, which does not repeat the address, as it
 * may contain a password.
 */
export function parseAddress(address: string, env: NodeJS.ProcessEnv = process.env): ServerPlace {
  const url = urlOf(address)
  if (url === undefined) {
    throw invalidAddress('must be an address such as postgres://user@host/database')
  }
  const unknown = [...url.searchParams.keys()].filter((name) => !PARAMETERS.has(name))
  if (unknown.length > 0) throw invalidAddress(`has unknown parameters: ${unknown.join(', ')}`)
  const host =
    url.searchParams.get('host') ??
    ((decodePart(url.hostname.replace(NO_HOST, '')) ?? '').replace(/^\[|\]$/g, '') || env.PGHOST || 'localhost')
  const port = Number(url.port || env.PGPORT || 5432)
  const database = decodePart(url.pathname.replace(/^\//, '')) ?? (env.PGDATABASE || undefined)
  return {
    host,
    port,
    user: decodePart(url.username),
    password: decodePart(url.password),
    database,
    ssl: tlsOptions(url, host, env),
    applicationName: url.searchParams.get('application_name') ?? (env.PGAPPNAME || 'forge-writer'),
    partitionByMonth: url.searchParams.get('partition_by_month') ?? undefined,
    notifyChanges: flagOf(url, 'notify_changes'),
    location: `postgres://${host.includes(':') ? `[${host}]` : encodeURIComponent(host)}:${port}/${encodeURIComponent(database ?? '')}`,
  }
}

function flagOf(url: URL, name: string): boolean {
  const value = url.searchParams.get(name) ?? 'false'
  if (value !== 'true' && value !== 'false')
    throw invalidAddress(`has a parameter ${name} that is neither true nor false`)
  return value === 'true'
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

/** Stands for the host that an address leaves out, as `postgres://user@/database` does, which is not a valid URL. */
const NO_HOST = 'no-host.invalid'

/** Returns the parts of an address of this scheme; undefined for all else. */
function urlOf(address: string): URL | undefined {
  const whole = address.replace(/^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)(?=[/?#]|$)/i, `$1${NO_HOST}`)
  const url = URL.canParse(whole) ? new URL(whole) : undefined
  return url && /^postgres(ql)?:$/.test(url.protocol) ? url : undefined
}

/**
 * Returns how the connection is encrypted. The certificate is verified unless the address or the environment says otherwise or the server is on this
 * machine. As in libpq, `require` verifies the authority if one is named.
 */
function tlsOptions(url: URL, host: string, env: NodeJS.ProcessEnv): ConnectionOptions | false {
  const setting = (name: string, variable: string) => url.searchParams.get(name) ?? (env[variable] || undefined)
  const asked = setting('sslmode', 'PGSSLMODE') ?? (isLocal(host) ? 'disable' : 'verify-full')
  if (!MODES.some((known) => known === asked)) throw invalidAddress(`has an sslmode other than ${MODES.join(', ')}`)
  if (asked === 'disable' || host.startsWith('/')) return false
  const root = setting('sslrootcert', 'PGSSLROOTCERT')
  const [cert, key] = [setting('sslcert', 'PGSSLCERT'), setting('sslkey', 'PGSSLKEY')]
  const mode = asked === 'require' && root !== undefined ? 'verify-ca' : asked
  const own = {
    ...(isIP(host) === 0 && { servername: host }),
    ...(cert !== undefined && { cert: readCertificate(cert, 'sslcert') }),
    ...(key !== undefined && { key: readCertificate(key, 'sslkey') }),
  }
  if (mode === 'require') return { ...own, rejectUnauthorized: false }
  return {
    ...own,
    rejectUnauthorized: true,
    // The authorities of the system are those of Node.
    ...(root !== undefined && root !== 'system' && { ca: readCertificate(root, 'sslrootcert') }),
    ...(mode === 'verify-ca' && { checkServerIdentity: () => undefined }),
  }
}

function isLocal(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127\./.test(host)
}

function readCertificate(path: string, parameter: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw invalidAddress(`names an ${parameter} that cannot be read`, cause)
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
