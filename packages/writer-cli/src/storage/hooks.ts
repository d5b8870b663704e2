import type { WriteHook, WriterConfig } from '@forge/writer-core'

/** The hooks that the settings ask for, in the order in which they run; only their packages are loaded. */
export async function hooksFor(config: WriterConfig): Promise<WriteHook[]> {
  const { logDataQualityResults, minValidationRate, maxInvalidRowsPercent, enableAnomalyDetection, alerts } = config
  const hooks: WriteHook[] = []
  if (logDataQualityResults || minValidationRate !== undefined || maxInvalidRowsPercent !== undefined) {
    hooks.push((await import('@forge/writer-quality')).qualityGate({ policy: 'warn' }))
  }
  if (enableAnomalyDetection) hooks.push((await import('@forge/writer-anomaly')).anomalyWatch())
  // Last, as it tells what the others find.
  if (alerts && alerts.length > 0) hooks.push((await import('@forge/writer-alerts')).alertHook({ settings: alerts }))
  return hooks
}
