import type { LeftAlerts } from '@forge/writer-alerts'
import type { WriteHook, WriterConfig } from '@forge/writer-core'
import type { Host } from '../host.ts'
import type { Output } from '../output/output.ts'
import { NAME } from '../version.ts'

export interface HookSurroundings {
  readonly output: Pick<Output, 'warn'>
  readonly env: Host['env']
}

/** The hooks that the settings ask for, in the order in which they run; only their packages are loaded. */
export async function hooksFor(config: WriterConfig, { output, env }: HookSurroundings): Promise<WriteHook[]> {
  const { logDataQualityResults, minValidationRate, maxInvalidRowsPercent, enableAnomalyDetection, alerts } = config
  const hooks: WriteHook[] = []
  if (logDataQualityResults || minValidationRate !== undefined || maxInvalidRowsPercent !== undefined) {
    hooks.push((await import('@forge/writer-quality')).qualityGate({ policy: 'warn' }))
  }
  if (enableAnomalyDetection) hooks.push((await import('@forge/writer-anomaly')).anomalyWatch())
  // Last, as it sends what the others find.
  if (alerts && alerts.length > 0) {
    const { alertHook } = await import('@forge/writer-alerts')
    hooks.push(alertHook({ settings: alerts, env, onLeft: (left) => warnOfLeft(left, output) }))
  }
  return hooks
}

/** Says what waits when a command ends. */
export function warnOfLeft({ waiting, unstored }: LeftAlerts, output: Pick<Output, 'warn'>): void {
  const reasons = [...new Set(waiting.map(({ sink, lastError }) => `${sink}: ${lastError ?? 'was not tried yet'}`))]
  const more = reasons.length > MAX_REASONS ? `; and ${reasons.length - MAX_REASONS} more` : ''
  if (waiting.length > 0) {
    const why = reasons.slice(0, MAX_REASONS).join('; ')
    output.warn(
      `${waiting.length === 1 ? '1 alert waits' : `${waiting.length} alerts wait`} to be sent (${why}${more}); see ${NAME} alerts list`,
    )
  }
  if (unstored > 0) output.warn(`${unstored} alerts, or marks that they were sent, could not be stored`)
}

const MAX_REASONS = 3
