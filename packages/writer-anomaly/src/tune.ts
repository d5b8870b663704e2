import { type LogRowInput, type TableSource, WriterConfigurationError } from '@forge/writer-core'
import { type BacktestOptions, type BacktestResult, openReplay, replay } from './backtest.ts'

export interface TuneOptions extends Omit<BacktestOptions, 'sensitivity'> {
  /** Alerts that people want to get in a week, at most. */
  readonly targetAlertsPerWeek: number
}

export interface TuneResult {
  /** The highest that keeps to the target; the lowest there is where none does. */
  readonly sensitivity: number
  readonly alertsPerWeek: number
  readonly keepsTarget: boolean
  /** What was tried, by sensitivity. */
  readonly tried: readonly { readonly sensitivity: number; readonly alertsPerWeek: number }[]
  /** The replay at the sensitivity that was chosen. */
  readonly backtest: BacktestResult
}

const SENSITIVITIES = [0.25, 0.35, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4] as const

/** Chooses the sensitivity by replaying the history at several of them: about four, by halving. A log is read as often. */
export async function tune(
  history: TableSource | Iterable<LogRowInput>,
  { targetAlertsPerWeek, ...options }: TuneOptions,
): Promise<TuneResult> {
  if (!(targetAlertsPerWeek >= 0)) {
    throw new WriterConfigurationError('targetAlertsPerWeek must be a number of at least 0', { committed: 'no' })
  }
  // Every replay sees the same time.
  const settings = { now: new Date(), ...options }
  const { batches, feedback } = await openReplay(history, settings)
  const results = new Map<number, BacktestResult>()
  const at = async (index: number) => {
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
    if ((await at(middle)).alertsPerWeek <= targetAlertsPerWeek) low = middle
    else high = middle - 1
  }
  const chosen = await at(low)
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
