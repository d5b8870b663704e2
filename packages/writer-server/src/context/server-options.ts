import { type ServiceLevelSettings, WriterConfigurationError } from '@forge/writer-core'
import { assertOptions, type OptionChecks, option, zoneClock } from '@forge/writer-core/storage'
import type { RunningWork } from '@forge/writer-report/pages'
import { hostNameOf, isLoopback } from '../http/hosts.ts'

export interface ServerOptions {
  /** The title of all pages. Default `Pipelines`. */
  readonly title?: string | undefined
  /**
   * The path at which the handler is mounted, such as `/runs`; hosts that take it off the address and hosts that do not both work. Default: the root.
   */
  readonly basePath?: string | undefined
  /** The names of this server, in addition to loopback: a request for another `Host` is refused. Needs a token, or `authorize`. Default: none. */
  readonly hosts?: readonly string[] | undefined
  /** True to accept every IP address as `Host`, for a server that listens on all of them. Needs a token, or `authorize`. Default false. */
  readonly acceptsAddresses?: boolean | undefined
  /** The token that every request needs: as `Authorization: Bearer`, or once in a link as `?token=`. At least 16 characters. Default: none. */
  readonly token?: string | undefined
  /** Returns whether the host application allows a request, for applications that know their users. */
  readonly authorize?: ((request: Request) => boolean | Promise<boolean>) | undefined
  /** True to leave out error messages and the metadata of runs. Default false. */
  readonly redactErrors?: boolean | undefined
  /** The service levels. Default: the setting `serviceLevels`. */
  readonly levels?: readonly ServiceLevelSettings[] | undefined
  /** Returns the runs that are running now, as `listRunning` of `@forge/writer-record` does: the log only has runs that have ended. Default: none. */
  readonly readRunning?: (() => readonly RunningWork[] | Promise<readonly RunningWork[]>) | undefined
  /** The time zone of all times; a name of the tz database. Default `UTC`. */
  readonly timeZone?: string | undefined
  /** The interval at which the table is read while somebody watches, in milliseconds. Default 400. */
  readonly pollMs?: number | undefined
  /** Maximum number of open streams of events. Default 64. */
  readonly maxStreams?: number | undefined
  /** Maximum time of a request, in milliseconds. Default 30000. */
  readonly timeoutMs?: number | undefined
  /** The clock. */
  readonly now?: (() => Date) | undefined
}

/** The options with their defaults. */
export interface CheckedServerOptions {
  readonly title: string
  /** The base path without a slash at its end. */
  readonly base: string
  readonly hosts: readonly string[]
  readonly acceptsAddresses: boolean
  readonly token: string | undefined
  readonly authorize: ServerOptions['authorize']
  readonly redactErrors: boolean
  readonly levels: readonly ServiceLevelSettings[] | undefined
  readonly readRunning: ServerOptions['readRunning']
  readonly timeZone: string
  readonly pollMs: number
  readonly maxStreams: number
  readonly timeoutMs: number
  readonly now: () => Date
}

const MIN_TOKEN = 16

/** The checks of {@link ServerOptions}. */
export const SERVER_CHECKS: OptionChecks<ServerOptions> = {
  title: option.text,
  basePath: option.pattern(/^(?:\/[\w.~-]+)*\/?$/, 'a path such as /runs'),
  hosts: option.list(option.text),
  acceptsAddresses: option.flag,
  token: option.text,
  authorize: option.action,
  levels: option.list(option.object),
  readRunning: option.action,
  now: option.clock,
  redactErrors: option.flag,
  timeZone: option.text,
  pollMs: option.whole({ min: 50, max: 600_000 }),
  maxStreams: option.whole({ min: 1, max: 10_000 }),
  timeoutMs: option.whole({ min: 1 }),
}

/** Checks the options of a server. Throws WriterConfigurationError for wrong ones, and for names of hosts without a token. */
export function checkServerOptions(options: ServerOptions): CheckedServerOptions {
  assertOptions('createServerHandler', options, SERVER_CHECKS)
  zoneClock(options.timeZone ?? 'UTC')
  assertReachable(options)
  return {
    title: options.title ?? 'Pipelines',
    base: (options.basePath ?? '').replace(/\/$/, ''),
    hosts: options.hosts ?? [],
    acceptsAddresses: options.acceptsAddresses ?? false,
    token: options.token,
    authorize: options.authorize,
    redactErrors: options.redactErrors ?? false,
    levels: options.levels,
    readRunning: options.readRunning,
    timeZone: options.timeZone ?? 'UTC',
    pollMs: options.pollMs ?? 400,
    maxStreams: options.maxStreams ?? 64,
    timeoutMs: options.timeoutMs ?? 30_000,
    now: options.now ?? (() => new Date()),
  }
}

function assertReachable({ hosts = [], acceptsAddresses = false, token, authorize }: ServerOptions): void {
  const wrong = hosts.filter((host) => hostNameOf(host) === undefined)
  if (wrong.length > 0) {
    throw new WriterConfigurationError(`${wrong.join(', ')} is not the name of a host`, { context: { hosts: wrong } })
  }
  if (token !== undefined && token.length < MIN_TOKEN) {
    throw new WriterConfigurationError(`a token needs at least ${MIN_TOKEN} characters`, {
      suggestions: ['Make one with `openssl rand -hex 32`.'],
    })
  }
  const isOpen = acceptsAddresses || hosts.some((host) => !isLoopback(hostNameOf(host) ?? ''))
  if (isOpen && token === undefined && authorize === undefined) {
    throw new WriterConfigurationError('a server that others can reach needs a token', {
      context: { hosts },
      suggestions: ['Pass a token.', 'Pass `authorize` if the application knows its users.'],
    })
  }
}
