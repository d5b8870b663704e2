import { alertHook } from '@forge/writer-alerts'
import { anomalyWatch } from '@forge/writer-anomaly'
import type { WriteHook, WriterConfigInput } from '@forge/writer-core'
import { qualityGate } from '@forge/writer-quality'

type HookFor = (config: WriterConfigInput) => WriteHook | undefined

/** The factories of hooks, in the order in which the hooks run. Each returns a hook if a setting needs it. */
const HOOKS: readonly HookFor[] = [
  (config) => (asksForQuality(config) ? qualityGate({ policy: 'warn' }) : undefined),
  ({ enableAnomalyDetection }) => (enableAnomalyDetection ? anomalyWatch() : undefined),
  // Alerts come last, because they report what the other hooks find.
  ({ alerts }) => (alerts && alerts.length > 0 ? alertHook({ settings: alerts }) : undefined),
]

/** Returns the hooks that the settings need, except those that a `given` hook already provides. */
export function hooksFor(config: WriterConfigInput, given: readonly WriteHook[] = []): WriteHook[] {
  const provided = new Set(given.flatMap(({ provides = [] }) => provides))
  return HOOKS.flatMap((hookFor) => hookFor(config) ?? []).filter(
    ({ provides = [] }) => provides.length === 0 || provides.some((setting) => !provided.has(setting)),
  )
}

function asksForQuality({
  logDataQualityResults,
  minValidationRate,
  maxInvalidRowsPercent,
}: WriterConfigInput): boolean {
  return logDataQualityResults === true || minValidationRate !== undefined || maxInvalidRowsPercent !== undefined
}
