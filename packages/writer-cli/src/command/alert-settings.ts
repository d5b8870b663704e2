import type { AlertSettings, WriterConfig } from '@forge/writer-core'
import { UsageError } from './usage-error.ts'

/** The setting `alerts`. Throws UsageError when it names nobody. */
export function alertSettings({ alerts = [] }: WriterConfig): readonly AlertSettings[] {
  if (alerts.length > 0) return alerts
  throw new UsageError('the setting alerts names nobody to alert', {
    suggestions: ['In the config file: alerts: [{ kind: slack, to: "#data", secretEnv: SLACK_URL }]'],
  })
}
