import type { AlertSettings, WriterConfig } from '@forge/writer-core'
import { UsageError } from './usage-error.ts'

/** Returns the setting `alerts`, which `what` requires. Throws UsageError if it is empty. */
export function alertSettings({ alerts = [] }: WriterConfig, what: string): readonly AlertSettings[] {
  if (alerts.length > 0) return alerts
  throw new UsageError(`${what} requires the setting alerts`, {
    suggestions: ['Add it to the config file: alerts: [{ kind: slack, to: "#data", secretEnv: SLACK_URL }]'],
  })
}
