import { alertHook } from '@forge/writer-alerts'
import { anomalyWatch } from '@forge/writer-anomaly'
import type { WriteHook, WriterConfigInput } from '@forge/writer-core'
import { type HookKind, neededHooks } from '@forge/writer-core/storage'
import { qualityGate } from '@forge/writer-quality'

const HOOKS: Readonly<Record<HookKind, (config: WriterConfigInput) => WriteHook>> = {
  quality: () => qualityGate({ policy: 'warn' }),
  anomaly: () => anomalyWatch(),
  alerts: ({ alerts = [] }) => alertHook({ settings: alerts }),
}

/** Returns the hooks that the settings need, except those whose settings a `given` hook provides. */
export function hooksFor(config: WriterConfigInput, given: readonly WriteHook[] = []): WriteHook[] {
  const provided = new Set(given.flatMap(({ provides = [] }) => provides))
  return neededHooks(config)
    .map((kind) => HOOKS[kind](config))
    .filter(({ provides = [] }) => provides.some((setting) => !provided.has(setting)))
}
