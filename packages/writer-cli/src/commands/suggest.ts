import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { defineCommand } from '../command/command.ts'
import { parseMoment } from '../command/moment.ts'
import { flag, number, text } from '../command/option.ts'
import { UsageError } from '../command/usage-error.ts'
import { countText } from '../output/format.ts'

export const suggest = defineCommand({
  description: `Suggest rules that the log speaks for, as a rule file to be edited and committed.

Each rule is tried on the log, and what speaks for it stands beside it. check takes the file.`,
  options: {
    output: text('Write the file in place of printing it', { short: 'o', value: 'file' }),
    force: flag('Replace a file that is there'),
    since: text('Learn only from what started since: 90d, 2w, or ISO 8601', { value: 'time' }),
    maxFailing: number('Greatest share of the rows that a rule may have failed, 0-1', { max: 0.5, default: 0.001 }),
  },
  examples: [
    { command: 'suggest', does: 'print them' },
    { command: 'suggest -o forge-writer.rules.yaml --since 90d', does: 'where check finds them' },
  ],
  async run({ options, output, host, openSource, signal }) {
    const { suggestRules } = await import('@forge/writer-quality')
    const found = await suggestRules(await openSource(), {
      maxFailingShare: options.maxFailing,
      now: host.now,
      signal,
      ...(options.since !== undefined && { since: parseMoment(options.since, host.now()) }),
    })
    const said = `${countText(found.rules.length)} rules from ${countText(found.rows)} rows; ${countText(found.rejected)} more failed too often`
    const isWritten = options.output !== undefined && found.rules.length > 0
    if (isWritten) await writeRules(resolve(host.cwd, String(options.output)), found.ruleFile, options.force)
    await output.result(found, () => (isWritten || found.rules.length === 0 ? [] : [found.ruleFile.trimEnd()]))
    output.note(isWritten ? `${said}: written to ${options.output}` : said)
  },
})

async function writeRules(path: string, content: string, replace: boolean): Promise<void> {
  try {
    await writeFile(path, content, { flag: replace ? 'w' : 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new UsageError(`${path} is there already`, { suggestions: ['Add --force to replace it.'] })
    }
    throw new UsageError(`the rule file cannot be written: ${error instanceof Error ? error.message : String(error)}`)
  }
}
