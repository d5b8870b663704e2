import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadConfig } from '@forge/writer-core'
import { makeSettings } from '../make/settings.ts'
import { writeDocument } from '../make/valid-text.ts'
import type { Target } from '../target.ts'

/** Loads config files in JSON and YAML, and settings from variables. */
export const config: Target = {
  name: 'config',
  async run(random, folder) {
    const settings = makeSettings(random)
    const { format, text } = writeDocument(settings, random)
    const file = join(folder, `forge-writer.config.${format}`)
    writeFileSync(file, text)
    const alerts = random.chance(0.1) ? writeDocument(settings.alerts ?? [], random).text : undefined
    const environment = random.chance(0.2) ? 'prod' : undefined
    await loadConfig({ file, environment, env: { FORGE_WRITER_ALERTS: alerts } })
  },
}
