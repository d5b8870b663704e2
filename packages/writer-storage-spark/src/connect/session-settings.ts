import type { Session } from './session.ts'

/** Runs work while the session has the settings. */
export async function withSettings(
  { channel, common }: Session,
  settings: Readonly<Record<string, string>>,
  work: () => Promise<void>,
): Promise<void> {
  const pairs = Object.entries(settings).map(([key, value]) => ({ key, value }))
  await channel.call('config', { ...common, operation: { opType: { case: 'set', value: { pairs } } } })
  try {
    await work()
  } finally {
    const keys = Object.keys(settings)
    await channel
      .call('config', { ...common, operation: { opType: { case: 'unset', value: { keys } } } })
      .catch(() => undefined)
  }
}
