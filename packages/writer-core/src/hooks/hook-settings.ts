import type { WriterConfig, WriterConfigChanges } from '../config/writer-config.ts'

/** The settings that have an effect only with a hook, by kind of hook, in the order in which the hooks run: alerts report what the others find. */
export const HOOK_SETTINGS = {
  quality: ['logDataQualityResults', 'minValidationRate', 'maxInvalidRowsPercent'],
  anomaly: ['enableAnomalyDetection'],
  alerts: ['alerts'],
} as const satisfies Readonly<Record<string, readonly (keyof WriterConfig)[]>>

export type HookKind = keyof typeof HOOK_SETTINGS
export type HookSetting = (typeof HOOK_SETTINGS)[HookKind][number]

export const HOOK_KINDS = Object.keys(HOOK_SETTINGS) as readonly HookKind[]

/** Returns the settings that are on and need the hook of a kind. A setting that is false, or an empty list, is off. */
export function settingsInNeed(config: Pick<WriterConfigChanges, HookSetting>, kind: HookKind): readonly HookSetting[] {
  return HOOK_SETTINGS[kind].filter((setting) => {
    const value = config[setting]
    return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0)
  })
}

/** Returns the kinds of hooks that the settings need, in the order in which they run. */
export function neededHooks(config: Pick<WriterConfigChanges, HookSetting>): readonly HookKind[] {
  return HOOK_KINDS.filter((kind) => settingsInNeed(config, kind).length > 0)
}
