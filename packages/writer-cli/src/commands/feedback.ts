import { addFeedback, type Feedback, type FeedbackInput, type FeedbackKind, readFeedback } from '@forge/writer-anomaly'
import { defineCommand } from '../command/command.ts'
import { assertKnownNames } from '../command/known-names.ts'
import { parseMoment } from '../command/moment.ts'
import { text } from '../command/option.ts'
import { UsageError } from '../command/usage-error.ts'
import { timeText } from '../output/format.ts'
import { sanitize } from '../output/sanitize.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

const KINDS = ['expected', 'incident', 'maintenance'] as const satisfies readonly FeedbackKind[]

export const feedback = defineCommand({
  description: `Say what a finding was, or that a time was maintenance; without a kind, list what was said.

expected: told no more when it is like that, and learned as it is. incident: not learned. maintenance: nothing of that time is told or learned.`,
  args: [
    { name: '[kind]', description: 'expected, incident or maintenance' },
    { name: '[finding]', description: 'Id of a finding, as `anomalies` prints it' },
  ],
  options: {
    from: text('Start of the time, in place of a finding', { value: 'time' }),
    to: text('End of the time; default: now', { value: 'time' }),
    pipeline: text('Of this pipeline; default: all', { value: 'id' }),
    step: text('Of this step; default: all', { value: 'name' }),
    note: text('Why'),
  },
  examples: [
    { command: 'feedback expected 3f2a… --note "yearly clean-up"', does: 'a finding that is fine' },
    {
      command: 'feedback maintenance --from 2024-02-01T20:00 --to 2024-02-02T06:00 --pipeline orders',
      does: 'a window',
    },
    { command: 'feedback', does: 'all that was said' },
  ],
  async run({ options, args, output, host, openSource }) {
    const [kind, finding] = args
    if (kind === undefined) {
      const entries = await readFeedback(await openSource())
      await output.result({ feedback: entries }, () => formatTable(COLUMNS, entries, output))
      return
    }
    const input = inputOf(kind, finding, { ...options, now: host.now() })
    const source = await openSource({ write: true })
    await assertKnownNames(source, options)
    const given = await addFeedback(source, input, { now: host.now })
    await output.result({ feedback: given }, () => [`${given.kind}: ${sanitize(placeOf(given))}`])
  },
})

interface Given {
  readonly from: string | undefined
  readonly to: string | undefined
  readonly pipeline: string | undefined
  readonly step: string | undefined
  readonly note: string | undefined
  readonly now: Date
}

function inputOf(kind: string, finding: string | undefined, given: Given): FeedbackInput {
  const known = KINDS.find((each) => each === kind)
  if (known === undefined) throw new UsageError(`"${kind}" is none of ${KINDS.join(', ')}`)
  const { from, to, pipeline, step, note, now } = given
  const base = { kind: known, ...(note !== undefined && { note }) }
  if (finding !== undefined) {
    if (from !== undefined || to !== undefined) throw new UsageError('give a finding or a time, not both')
    return { ...base, anomalyId: finding }
  }
  if (from === undefined) throw new UsageError('give the id of a finding, or --from and --to')
  return {
    ...base,
    from: parseMoment(from, now),
    to: to === undefined ? now : parseMoment(to, now),
    ...(pipeline !== undefined && { pipeline }),
    ...(step !== undefined && { step }),
  }
}

function placeOf({ type, pipeline, step, from, to }: Feedback): string {
  const where = [pipeline ?? 'all pipelines', step].filter(Boolean).join(' ')
  return `${type ?? 'everything'} of ${where}, ${timeText(from)}${from === to ? '' : ` to ${timeText(to)}`}`
}

const COLUMNS: readonly TableColumn<Feedback>[] = [
  { header: 'kind', cell: ({ kind }) => kind, shrink: false },
  { header: 'from', cell: ({ from }) => timeText(from), shrink: false },
  { header: 'to', cell: ({ to }) => timeText(to), shrink: false },
  { header: 'pipeline', cell: ({ pipeline }) => pipeline ?? 'all' },
  { header: 'step', cell: ({ step }) => step ?? 'all' },
  { header: 'finding', cell: ({ type }) => type ?? '' },
  { header: 'note', cell: ({ note }) => note ?? '' },
]
