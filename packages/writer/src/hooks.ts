import { alertHook } from '@forge/writer-alerts'
import { anomalyWatch } from '@forge/writer-anomaly'
import type { WriteHook, WriterConfigInput } from '@forge/writer-core'
import { qualityGate } from '@forge/writer-quality'

type HookFor = (config: WriterConfigInput) => WriteHook | undefined

/** For each package with a hook: the hook where a setting asks for it. In the order in which they run. */
const HOOKS: readonly HookFor[] = [
  (config) => (asksForQuality(config) ? qualityGate({ policy: 'warn' }) : undefined),
  ({ enableAnomalyDetection }) => (enableAnomalyDetection ? anomalyWatch() : undefined),
  // Last, as it tells what the others find.
  ({ alerts }) => (alerts && alerts.length > 0 ? alertHook({ settings: alerts }) : undefined),
]

/** The hooks that the settings ask for, but for those whose settings a `given` one makes act. */
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
