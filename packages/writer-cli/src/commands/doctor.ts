import { type DoctorCheck, WriterUnsupportedError } from '@forge/writer-core'
import { defineCommand } from '../command/command.ts'
import { EXIT } from '../command/exit-code.ts'
import { flag } from '../command/option.ts'
import { asCommand } from '../output/as-command.ts'
import { sanitize } from '../output/sanitize.ts'
import type { StyleFormat } from '../output/style.ts'
import { entryAt } from '../storage/entry-at.ts'

const MARKS: Readonly<Record<DoctorCheck['status'], readonly [string, StyleFormat]>> = {
  ok: ['ok      ', 'green'],
  warning: ['warning ', 'yellow'],
  problem: ['problem ', 'red'],
  repaired: ['repaired', 'cyan'],
  busy: ['in use  ', 'yellow'],
}

export const doctor = defineCommand({
  description:
    'Look for damage and loss in the storage; exits with 3 if a problem is found, with 1 if the storage is in use',
  options: {
    repair: flag('Mend what can be mended; copies of what is replaced are kept'),
    deep: flag('Read every value too, to find damage within the data'),
  },
  examples: [
    { command: 'doctor', does: 'looks, and changes nothing' },
    { command: 'doctor --deep', does: 'reads all of the data' },
    { command: 'doctor --repair', does: 'mends, and says what was dropped' },
  ],
  async run({ options, output, settings, openSource }) {
    const { path } = await settings()
    // What is left of a file that is gone is a finding.
    const mayBeMissing = entryAt(`${path}.mark`) !== undefined
    const { storage } = await openSource({
      write: options.repair,
      mayBeMissing,
      tableMayBeMissing: true,
      reportsLoss: true,
    })
    const examine = options.repair ? storage.repair?.bind(storage) : storage.doctor?.bind(storage)
    if (!examine) {
      throw new WriterUnsupportedError(`${storage.name} storage cannot be ${options.repair ? 'repaired' : 'examined'}`)
    }
    const report = await examine({ deep: options.deep })
    const isBusy = report.checks.some(({ status }) => status === 'busy')
    await output.result({ storage: storage.name, location: storage.location, ...report }, function* () {
      for (const { name, status, detail, suggestion } of report.checks) {
        const [mark, format] = MARKS[status]
        yield `${output.style(format, mark)}  ${sanitize(name)}: ${sanitize(detail)}`
        if (suggestion) yield `          ${output.style('cyan', 'try:')} ${sanitize(asCommand(suggestion))}`
      }
      if (isBusy) yield 'The storage is in use, so it was not examined.'
      else yield report.healthy ? 'The storage is healthy.' : 'The storage is not healthy.'
    })
    if (isBusy) return EXIT.failure
    return report.healthy ? EXIT.ok : EXIT.breach
  },
})
