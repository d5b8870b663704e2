import type { LogRowInput, TableSource } from '@forge/writer-core'
import { option } from '@forge/writer-core/storage'
import { assertDetectionOptions } from '../options/check-options.ts'
import { BACKTEST_CHECKS, type BacktestOptions, type BacktestResult, openReplay, replay } from './backtest.ts'

export interface TuneOptions extends Omit<BacktestOptions, 'sensitivity'> {
  /** The maximum number of alerts per week. */
  readonly targetAlertsPerWeek: number
}

export interface TuneResult {
  /** The highest sensitivity that meets the target; the lowest possible one if none does. */
  readonly sensitivity: number
  readonly alertsPerWeek: number
  readonly keepsTarget: boolean
  /** The alerts of the sensitivities that were tried. */
  readonly tried: readonly { readonly sensitivity: number; readonly alertsPerWeek: number }[]
  /** The replay at the chosen sensitivity. */
  readonly backtest: BacktestResult
}

const SENSITIVITIES = [0.25, 0.35, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4] as const

/**
 * Finds the highest sensitivity that raises at most the target number of alerts. It replays, and reads, the history about four times, by bisection.
 * Throws WriterConfigurationError for an invalid option.
 */
export async function tuneSensitivity(
  history: TableSource | Iterable<LogRowInput>,
  given: TuneOptions,
): Promise<TuneResult> {
  const checks = { ...BACKTEST_CHECKS, targetAlertsPerWeek: option.required(option.number({ min: 0 })) }
  const isChosen = given !== null && typeof given === 'object' && 'sensitivity' in given
  const problem = 'is chosen by this function: leave it out'
  assertDetectionOptions<TuneOptions>('tuneSensitivity', given, checks, [
    isChosen && { setting: 'sensitivity', problem },
  ])
  const { targetAlertsPerWeek, ...options } = given
  // Every replay sees the same time.
  const now = options.now?.() ?? new Date()
  const settings = { ...options, now: () => now }
  const { batches, feedback } = await openReplay(history, settings)
  const results = new Map<number, BacktestResult>()
  const replayAt = async (index: number) => {
    const sensitivity = SENSITIVITIES[index] ?? 1
    const known = results.get(sensitivity)
    if (known) return known
    const result = await replay(batches(), feedback, { ...settings, sensitivity })
    results.set(sensitivity, result)
    return result
  }
  let low = 0
  let high = SENSITIVITIES.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((await replayAt(middle)).alertsPerWeek <= targetAlertsPerWeek) low = middle
    else high = middle - 1
  }
  const chosen = await replayAt(low)
  return {
    sensitivity: SENSITIVITIES[low] ?? 1,
    alertsPerWeek: chosen.alertsPerWeek,
    keepsTarget: chosen.alertsPerWeek <= targetAlertsPerWeek,
    tried: [...results]
      .map(([sensitivity, { alertsPerWeek }]) => ({ sensitivity, alertsPerWeek }))
      .sort((a, b) => a.sensitivity - b.sensitivity),
    backtest: chosen,
  }
}
