import type { AlertSettings } from '@forge/writer-core'
import { defineCommand } from '../command/command.ts'
import type { SettingOrigin } from '../config/settings.ts'
import { toJson } from '../output/json.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

export const config = defineCommand({
  description: `Print each setting and where its value comes from.

Settings come from, the later wins: defaults; the nearest forge-writer.config.{json,yaml} from here up to the root of the repository, or the one in
$XDG_CONFIG_HOME/forge-writer/; its environments.<name> where --env or FORGE_WRITER_ENV names one; FORGE_WRITER_* variables, such as
FORGE_WRITER_TABLE_NAME; flags.`,
  options: {},
  examples: [
    { command: 'config', does: 'all settings with their origin' },
    { command: 'config --env prod --json', does: 'what holds in production' },
  ],
  async run({ output, settings }) {
    const { origins, file } = await settings()
    const shown = origins.map((each) =>
      each.setting === 'alerts' ? { ...each, value: withoutSecrets(each.value) } : each,
    )
    await output.result({ file: file ?? null, settings: shown }, () => formatTable(COLUMNS, shown, output))
  },
})

/** Who knows the whole address of a webhook can use it: it must not get into the log of a build. */
function withoutSecrets(alerts: unknown): unknown {
  if (!Array.isArray(alerts)) return alerts
  return alerts.map((alert: AlertSettings) => {
    const url = URL.canParse(alert.to) ? new URL(alert.to) : undefined
    return url?.host ? { ...alert, to: `${url.protocol}//${url.host}/…` } : alert
  })
}

const COLUMNS: readonly TableColumn<SettingOrigin>[] = [
  { header: 'setting', cell: ({ setting }) => setting, shrink: false },
  { header: 'value', cell: ({ value }) => (typeof value === 'string' ? value : toJson(value)) },
  { header: 'origin', cell: ({ origin }) => origin, shrink: false },
  { header: 'from', cell: ({ origin, from }) => (origin === 'default' ? '' : from) },
]
