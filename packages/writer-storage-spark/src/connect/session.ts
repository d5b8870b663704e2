import { randomUUID } from 'node:crypto'
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { PlanSchema } from '../gen/messages.ts'
import type { ServerPlace } from './address.ts'
import type { Channel } from './channel.ts'
import { isLostSession } from './server-errors.ts'

export type PlanInit = MessageInitShape<typeof PlanSchema>

/** A session of the server, with the settings of this package. */
export interface Session {
  readonly id: string
  readonly channel: Channel
  /** The fields of every request. The server answers with an error if it was restarted since the session started. */
  readonly common: {
    readonly sessionId: string
    readonly userContext: { readonly userId: string }
    readonly clientType: string
    readonly clientObservedServerSideSessionId: string
  }
}

/** The settings of every session: times are in UTC, and the server computes as core does. */
const SETTINGS: Readonly<Record<string, string>> = {
  'spark.sql.session.timeZone': 'UTC',
  'spark.sql.ansi.enabled': 'true',
  'spark.sql.caseSensitive': 'false',
  'spark.sql.legacy.timeParserPolicy': 'CORRECTED',
}

/** A session that is opened when it is needed, and again when the server has lost it. */
export interface SessionHolder {
  /** Calls work with the session. If the server does not know the session, opens a new one and calls work once more: it must be repeatable. */
  use<Result>(work: (session: Session) => Promise<Result>): Promise<Result>
  /** Returns the session. */
  current(): Promise<Session>
  /** Forgets a session that the server does not know. */
  forget(session: Session): void
  close(): Promise<void>
}

export function sessionHolder(channel: Channel, place: ServerPlace): SessionHolder {
  let opened: Promise<Session> | undefined
  const current = () => {
    if (opened === undefined) {
      const opening = openSession(channel, place)
      opened = opening
      opening.catch(() => {
        if (opened === opening) opened = undefined
      })
    }
    return opened
  }
  const forget = (session: Session) => {
    const asked = opened
    void asked?.then(
      (known) => {
        if (known === session && opened === asked) opened = undefined
      },
      () => undefined,
    )
  }
  return {
    current,
    forget,
    async use(work) {
      const session = await current()
      try {
        return await work(session)
      } catch (error) {
        if (!isLostSession(error)) throw error
        forget(session)
        await Promise.resolve()
        return work(await current())
      }
    },
    async close() {
      const session = await opened?.catch(() => undefined)
      opened = undefined
      if (session) await releaseSession(session)
    },
  }
}

async function openSession(channel: Channel, { userId, userAgent }: ServerPlace): Promise<Session> {
  const common = { sessionId: randomUUID(), userContext: { userId }, clientType: userAgent }
  const pairs = Object.entries(SETTINGS).map(([key, value]) => ({ key, value }))
  const { serverSideSessionId } = await channel.call('config', {
    ...common,
    operation: { opType: { case: 'set', value: { pairs } } },
  })
  return {
    id: common.sessionId,
    channel,
    common: { ...common, clientObservedServerSideSessionId: serverSideSessionId },
  }
}

/** Ends a session. The server ends one that is not released after an hour. */
async function releaseSession({ channel, common }: Session): Promise<void> {
  const { sessionId, userContext, clientType } = common
  await channel.call('releaseSession', { sessionId, userContext, clientType }).catch(() => undefined)
}
