import { alertHook } from '@forge/writer-alerts'
import { anomalyWatch } from '@forge/writer-anomaly'
import type { WriteHook, WriterConfigInput } from '@forge/writer-core'

type HookFor = (config: WriterConfigInput) => WriteHook | undefined

/** For each package with a hook: the hook where a setting asks for it. In the order in which they run. */
const HOOKS: readonly HookFor[] = [
  ({ enableAnomalyDetection }) => (enableAnomalyDetection ? anomalyWatch() : undefined),
  // Last, as it tells what the others find.
  ({ alerts }) => (alerts && alerts.length > 0 ? alertHook({ settings: alerts }) : undefined),
]

/** The hooks that the settings ask for. */
export function hooksFor(config: WriterConfigInput): WriteHook[] {
  return HOOKS.flatMap((hookFor) => hookFor(config) ?? [])
}
