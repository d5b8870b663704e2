import { defineCommand } from '../command/command.ts'
import type { SettingOrigin } from '../command/settings.ts'
import { shownSetting } from '../command/shown-settings.ts'
import { toJson } from '../output/json.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

export const config = defineCommand({
  description: `Print each setting and the source of its value.

Settings are read from these sources; later ones win: defaults; the nearest forge-writer.config.{json,yaml} from the working directory up to \
the root of the repository (outside of one: up to a folder that everybody can write to), or the one in $XDG_CONFIG_HOME/forge-writer/; its environments.<name>, if --env or FORGE_WRITER_ENV is set; \
FORGE_WRITER_* variables, such as FORGE_WRITER_TABLE_NAME; flags.

Passwords, tokens, the arguments of commands and the paths of webhooks are not printed.`,
  options: {},
  examples: [
    { command: 'config', does: 'all settings and their sources' },
    { command: 'config --env prod --json', does: 'the settings of an environment' },
  ],
  async run({ output, settings }) {
    const { origins, file } = await settings()
    const { maskText } = await import('@forge/writer-record')
    const shown = origins.map((each) => shownSetting(each, maskText))
    await output.result({ file: file ?? null, settings: shown }, () => formatTable(COLUMNS, shown, output))
  },
})

const COLUMNS: readonly TableColumn<SettingOrigin>[] = [
  { header: 'setting', cell: ({ setting }) => setting, shrink: false },
  { header: 'value', cell: ({ value }) => (typeof value === 'string' ? value : toJson(value)), minWidth: 20 },
  { header: 'origin', cell: ({ origin }) => origin, shrink: false },
  { header: 'from', cell: ({ origin, from }) => (origin === 'default' ? '' : from), cut: 'middle', minWidth: 14 },
]
