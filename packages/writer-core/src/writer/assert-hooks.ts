import { settingsError } from '../config/make-config.ts'
import type { WriterConfig } from '../config/writer-config.ts'
import { HOOK_KINDS, type HookKind, type HookSetting, settingsInNeed } from '../hooks/hook-settings.ts'
import type { WriteHook } from '../hooks/write-hook.ts'
import type { OptionProblem } from '../options/assert-options.ts'

const HOOK_OF: Readonly<Record<HookKind, string>> = {
  quality: 'qualityGate() of @forge/writer-quality',
  anomaly: 'anomalyWatch() of @forge/writer-anomaly',
  alerts: 'alertHook() of @forge/writer-alerts',
}

/** Throws WriterConfigurationError for settings that are on without a hook that implements them: no setting is silently ignored. */
export function assertHooksFor(config: WriterConfig, hooks: readonly WriteHook[]): void {
  const provided = new Set<HookSetting>(hooks.flatMap((hook) => hook.provides ?? []))
  const problems = HOOK_KINDS.flatMap((kind) =>
    settingsInNeed(config, kind)
      .filter((setting) => !provided.has(setting))
      .map(
        (setting): OptionProblem => ({
          setting,
          problem: `has no effect without a hook: pass ${HOOK_OF[kind]} in hooks`,
        }),
      ),
  )
  if (problems.length > 0) throw settingsError(problems)
}
