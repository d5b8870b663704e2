import type { AlertSettings, WriterConfig } from '@forge/writer-core'
import { UsageError } from './usage-error.ts'

/** The setting `alerts`, which `what` cannot do without. Throws UsageError when it names nobody. */
export function alertSettings({ alerts = [] }: WriterConfig, what: string): readonly AlertSettings[] {
  if (alerts.length > 0) return alerts
  throw new UsageError(`${what} needs the setting alerts`, {
    suggestions: ['In the config file: alerts: [{ kind: slack, to: "#data", secretEnv: SLACK_URL }]'],
  })
}
