import { type ConfigProblem, listedProblems } from '../config/make-config.ts'
import type { WriterConfig } from '../config/writer-config.ts'
import type { HookSetting, WriteHook } from '../hooks/write-hook.ts'

const PACKAGE_OF: Readonly<Record<HookSetting, string>> = {
  logDataQualityResults: 'qualityGate() of @forge/writer-quality',
  minValidationRate: 'qualityGate() of @forge/writer-quality',
  maxInvalidRowsPercent: 'qualityGate() of @forge/writer-quality',
  enableAnomalyDetection: 'anomalyWatch() of @forge/writer-anomaly',
  alerts: 'alertHook() of @forge/writer-alerts',
}

/** Throws WriterConfigurationError for settings that are on without a hook that implements them: no setting is silently ignored. */
export function assertHooksFor(config: WriterConfig, hooks: readonly WriteHook[]): void {
  const provided = new Set<HookSetting>(hooks.flatMap((hook) => hook.provides ?? []))
  const problems = (Object.keys(PACKAGE_OF) as HookSetting[]).flatMap((setting): ConfigProblem[] => {
    const isOn = config[setting] !== undefined && config[setting] !== false
    return isOn && !provided.has(setting)
      ? [{ setting, problem: `has no effect without a hook: pass ${PACKAGE_OF[setting]} in hooks` }]
      : []
  })
  if (problems.length > 0) throw listedProblems(problems)
}
