import { WriterConfigurationError } from '@forge/writer-core'

/** A Spark Connect server, and the place of the tables, as an address names them. */
export interface ServerPlace {
  readonly host: string
  readonly port: number
  readonly isEncrypted: boolean
  /** The token of the address or of the environment. */
  readonly token: string | undefined
  readonly userId: string
  readonly userAgent: string
  /** The headers that every request carries, such as `x-databricks-cluster-id`. */
  readonly headers: ReadonlyMap<string, string>
  /** The folder or address under which the tables are; undefined for tables of the catalog. */
  readonly path: string | undefined
  readonly catalog: string | undefined
  /** The place without token and headers. */
  readonly location: string
}

const DEFAULT_PORT = 15_002
const PARAMETERS = new Set(['use_ssl', 'token', 'user_id', 'user_agent', 'path', 'catalog'])
const HEADER = /^x-[a-z0-9_.-]+$/

/**
 * Parses `sc://host:port/;name=value;name=value`, the form of Spark Connect's own clients. A token implies encryption, unless the server is on this
 * machine and the address says `use_ssl=false`. Throws WriterConfigurationError, which does not repeat the address, as it may contain a token.
 */
export function parseAddress(address: string, env: NodeJS.ProcessEnv = process.env): ServerPlace {
  const [, authority = '', rest = ''] = /^sc:\/\/([^/;?#]+)\/?(.*)$/i.exec(address) ?? []
  const { host, port } = hostOf(authority)
  const parameters = parametersOf(rest)
  const names = [...parameters.keys()]
  const unknown = names.filter((name) => !PARAMETERS.has(name) && !HEADER.test(name))
  if (unknown.length > 0) throw invalidAddress(`has unknown parameters: ${unknown.join(', ')}`)
  const token = parameters.get('token') ?? (env.SPARK_CONNECT_AUTHENTICATE_TOKEN || undefined)
  const isEncrypted = encryptionOf(parameters.get('use_ssl'), parameters.has('token'))
  if (token !== undefined && !isEncrypted && !isLocal(host)) {
    throw invalidAddress('has a token for another machine, but use_ssl is not true')
  }
  const [path, catalog] = [parameters.get('path'), parameters.get('catalog')]
  if (path !== undefined && catalog !== undefined)
    throw invalidAddress('has a path and a catalog, which exclude each other')
  return {
    host,
    port,
    isEncrypted,
    token,
    userId: parameters.get('user_id') ?? (env.SPARK_USER || env.USER || 'forge-writer'),
    userAgent: parameters.get('user_agent') ?? 'forge-writer',
    headers: new Map([...parameters].filter(([name]) => HEADER.test(name))),
    path,
    catalog,
    location: locationOf({ host, port, path, catalog }),
  }
}

/** Returns the address of a place without what may be secret. */
export function locationOf({
  host,
  port,
  path,
  catalog,
}: Pick<ServerPlace, 'host' | 'port' | 'path' | 'catalog'>): string {
  const shown = `sc://${host.includes(':') ? `[${host}]` : host}:${port}`
  if (path !== undefined) return `${shown}/;path=${encodeURI(path).replaceAll(';', '%3B')}`
  return catalog === undefined ? shown : `${shown}/;catalog=${encodeURIComponent(catalog)}`
}

function hostOf(authority: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]@]+))(?::(\d{1,5}))?$/i.exec(authority) ?? []
  const host = bracketed ?? plain
  if (host === undefined) throw invalidAddress('must be an address such as sc://host:15002')
  const number = port === undefined ? DEFAULT_PORT : Number(port)
  if (number < 1 || number > 65_535) throw invalidAddress('has a port that is not between 1 and 65535')
  return { host, port: number }
}

function parametersOf(rest: string): ReadonlyMap<string, string> {
  if (rest !== '' && !rest.startsWith(';')) throw invalidAddress('has something other than ;name=value after the host')
  const parts = rest.split(';').filter((part) => part !== '')
  return new Map(
    parts.map((part) => {
      const at = part.indexOf('=')
      if (at < 1 || at === part.length - 1) throw invalidAddress('has a parameter without a name or a value')
      return [part.slice(0, at).toLowerCase(), decodePart(part.slice(at + 1))]
    }),
  )
}

function decodePart(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    throw invalidAddress('has a % that is not followed by two hexadecimal digits')
  }
}

function encryptionOf(asked: string | undefined, hasToken: boolean): boolean {
  if (asked === undefined) return hasToken
  if (asked === 'true' || asked === 'false') return asked === 'true'
  throw invalidAddress('has a use_ssl other than true and false')
}

/** Returns true for a name or number of this machine. */
export function isLocal(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host)
}

export function invalidAddress(problem: string): WriterConfigurationError {
  return new WriterConfigurationError(`url ${problem}`, {
    context: { problems: [{ setting: 'url', problem }], scheme: 'sc' },
    suggestions: ['Write sc://host:15002/;path=/folder, or sc://host:443/;token=TOKEN;x-databricks-cluster-id=ID.'],
    committed: 'no',
  })
}
