import type { LeftAlerts } from '@forge/writer-alerts'
import type { WriteHook, WriterConfig } from '@forge/writer-core'
import { type HookKind, neededHooks } from '@forge/writer-core/storage'
import type { Host } from '../host.ts'
import type { Output } from '../output/output.ts'
import { NAME } from '../version.ts'

export interface HookSurroundings {
  readonly output: Pick<Output, 'warn'>
  readonly env: Host['env']
}

const HOOKS: Readonly<Record<HookKind, (config: WriterConfig, surroundings: HookSurroundings) => Promise<WriteHook>>> =
  {
    quality: async () => (await import('@forge/writer-quality')).qualityGate({ policy: 'warn' }),
    anomaly: async () => (await import('@forge/writer-anomaly')).anomalyWatch(),
    async alerts({ alerts = [] }, { output, env }) {
      const { alertHook } = await import('@forge/writer-alerts')
      return alertHook({ settings: alerts, env, onLeft: (left) => warnOfLeft(left, output) })
    },
  }

/** Returns the hooks that the settings need, in the order in which they run; only their packages are loaded. */
export async function hooksFor(config: WriterConfig, surroundings: HookSurroundings): Promise<WriteHook[]> {
  const hooks: WriteHook[] = []
  for (const kind of neededHooks(config)) hooks.push(await HOOKS[kind](config, surroundings))
  return hooks
}

/** Warns of the alerts that are still unsent when a command ends. */
export function warnOfLeft({ waiting, unstored }: LeftAlerts, output: Pick<Output, 'warn'>): void {
  const reasons = [...new Set(waiting.map(({ sink, lastError }) => `${sink}: ${lastError ?? 'not attempted yet'}`))]
  const more = reasons.length > MAX_REASONS ? `; and ${reasons.length - MAX_REASONS} more` : ''
  if (waiting.length > 0) {
    const why = reasons.slice(0, MAX_REASONS).join('; ')
    output.warn(
      `${waiting.length === 1 ? '1 alert is' : `${waiting.length} alerts are`} still pending (${why}${more}); see ${NAME} alerts list`,
    )
  }
  if (unstored > 0) output.warn(`could not store ${unstored} alerts or records of delivery`)
}

const MAX_REASONS = 3
