import { type DoctorCheck, WriterUnsupportedError } from '@forge/writer-core'
import { visibleLine } from '@forge/writer-core/text'
import { defineCommand } from '../command/command.ts'
import { EXIT } from '../command/exit-code.ts'
import { flag } from '../command/option.ts'
import { UsageError } from '../command/usage-error.ts'
import { asCommand } from '../output/as-command.ts'
import type { Output } from '../output/output.ts'
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
    'Check the storage for damage and data loss. Exits with 3 if a problem is found, with 1 if the storage is in use.',
  options: {
    repair: flag('Repair what can be repaired; replaced files are kept as copies'),
    cron: flag('Only compare the environment with the one that cron gives to jobs'),
    deep: flag('Also read every value, to find damage inside the data'),
  },
  examples: [
    { command: 'doctor', does: 'check without changing anything' },
    { command: 'doctor --deep', does: 'check all values, too' },
    { command: 'doctor --cron', does: 'find out why a job works here, but not in cron' },
    { command: 'doctor --repair', does: 'repair, and report what was dropped' },
  ],
  async run({ options, output, host, settings, openSource }) {
    if (options.cron) {
      if (options.repair || options.deep) throw new UsageError('--cron cannot be combined with --repair or --deep')
      const checks = (await import('../record/cron-environment.ts')).cronChecks(host.env)
      await output.result({ checks }, () => checkLines(checks, output))
      return EXIT.ok
    }
    const { path } = await settings()
    // A mark without its file is a problem to report.
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
      yield* checkLines(report.checks, output)
      if (isBusy) yield 'The storage is in use, so it was not examined.'
      else yield report.healthy ? 'The storage is healthy.' : 'The storage is not healthy.'
    })
    if (isBusy) return EXIT.failure
    return report.healthy ? EXIT.ok : EXIT.breach
  },
})

function* checkLines(checks: readonly DoctorCheck[], output: Output): Generator<string> {
  for (const { name, status, detail, suggestion } of checks) {
    const [mark, format] = MARKS[status]
    yield `${output.style(format, mark)}  ${visibleLine(name)}: ${visibleLine(detail)}`
    if (suggestion) yield `          ${output.style('cyan', 'try:')} ${visibleLine(asCommand(suggestion))}`
  }
}
