import type { AlertSettings } from '@forge/writer-core'
import { defineCommand } from '../command/command.ts'
import type { SettingOrigin } from '../command/settings.ts'
import { toJson } from '../output/json.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

export const config = defineCommand({
  description: `Print each setting and the source of its value.

Settings are read from these sources; later ones win: defaults; the nearest forge-writer.config.{json,yaml} from the working directory up to \
the root of the repository, or the one in $XDG_CONFIG_HOME/forge-writer/; its environments.<name>, if --env or FORGE_WRITER_ENV is set; \
FORGE_WRITER_* variables, such as FORGE_WRITER_TABLE_NAME; flags.`,
  options: {},
  examples: [
    { command: 'config', does: 'all settings and their sources' },
    { command: 'config --env prod --json', does: 'the settings of an environment' },
  ],
  async run({ output, settings }) {
    const { origins, file } = await settings()
    const shown = origins.map((each) =>
      each.setting === 'alerts' ? { ...each, value: withoutSecrets(each.value) } : each,
    )
    await output.result({ file: file ?? null, settings: shown }, () => formatTable(COLUMNS, shown, output))
  },
})

/** Shortens the addresses of webhooks: anybody who knows a whole address can use it, so it must not appear in build logs. */
function withoutSecrets(alerts: unknown): unknown {
  if (!Array.isArray(alerts)) return alerts
  return alerts.map((alert: AlertSettings) => {
    const url = URL.canParse(alert.to) ? new URL(alert.to) : undefined
    return url?.host ? { ...alert, to: `${url.protocol}//${url.host}/…` } : alert
  })
}

const COLUMNS: readonly TableColumn<SettingOrigin>[] = [
  { header: 'setting', cell: ({ setting }) => setting, shrink: false },
  { header: 'value', cell: ({ value }) => (typeof value === 'string' ? value : toJson(value)), minWidth: 20 },
  { header: 'origin', cell: ({ origin }) => origin, shrink: false },
  { header: 'from', cell: ({ origin, from }) => (origin === 'default' ? '' : from), cut: 'middle', minWidth: 14 },
]
