import {
  addFeedback,
  type Feedback,
  type FeedbackInput,
  type FeedbackKind,
  findAnomaly,
  readFeedback,
} from '@forge/writer-anomaly'
import type { TableSource } from '@forge/writer-core'
import { visibleLine } from '@forge/writer-core/text'
import { defineCommand } from '../command/command.ts'
import { assertKnownNames } from '../command/known-names.ts'
import { parseMoment } from '../command/moment.ts'
import { text } from '../command/option.ts'
import { UsageError } from '../command/usage-error.ts'
import { ZONE_OPTION } from '../command/zone-option.ts'
import type { Clock } from '../output/clock.ts'
import { formatTable, type TableColumn } from '../output/table.ts'

const KINDS = ['expected', 'incident', 'maintenance'] as const satisfies readonly FeedbackKind[]

export const feedback = defineCommand({
  description: `Record feedback on an anomaly or on a time range. Without a kind, list the recorded feedback.

expected: do not report similar values again, and learn from them. incident: do not learn from these values. maintenance: neither report nor learn from this time range.`,
  args: [
    { name: '[kind]', description: 'expected, incident or maintenance' },
    { name: '[anomaly]', description: 'Id of an anomaly, as printed by `anomalies`; the beginning of it is enough' },
  ],
  options: {
    from: text('Start of the time range, instead of an anomaly', { value: 'time' }),
    to: text('End of the time range; default: now', { value: 'time' }),
    pipeline: text('Only this pipeline; default: all', { value: 'id' }),
    step: text('Only this step; default: all', { value: 'name' }),
    note: text('Reason for the feedback', { mayBeEmpty: true }),
    ...ZONE_OPTION,
  },
  examples: [
    { command: 'feedback expected 3f2a --note "yearly clean-up"', does: 'an anomaly that was expected' },
    {
      command: 'feedback maintenance --from 2024-02-01T20:00 --to 2024-02-02T06:00 --pipeline orders',
      does: 'a maintenance window',
    },
    { command: 'feedback', does: 'list the recorded feedback' },
  ],
  async run({ options, args, output, host, openSource }) {
    const [kind, finding] = args
    if (kind === undefined) {
      const entries = await readFeedback(await openSource())
      await output.result({ feedback: entries }, () =>
        entries.length === 0 ? ['no feedback is recorded'] : formatTable(COLUMNS, entries, output),
      )
      return
    }
    const input = inputOf(kind, finding, { ...options, now: host.now() })
    const source = await openSource({ write: true })
    await assertKnownNames(source, options)
    const given = await addFeedback(source, await withWholeId(source, input), { now: host.now })
    await output.result({ feedback: given }, () => [`${given.kind}: ${visibleLine(placeOf(given, output.clock))}`])
  },
})

/** Returns the input with the whole id of its anomaly. The user may pass the beginning of the id. */
async function withWholeId(source: TableSource, input: FeedbackInput): Promise<FeedbackInput> {
  return 'anomalyId' in input ? { ...input, anomalyId: (await findAnomaly(source, input.anomalyId)).id } : input
}

interface Given {
  readonly from: string | undefined
  readonly to: string | undefined
  readonly pipeline: string | undefined
  readonly step: string | undefined
  readonly note: string | undefined
  readonly timeZone: string | undefined
  readonly now: Date
}

function inputOf(kind: string, finding: string | undefined, given: Given): FeedbackInput {
  const known = KINDS.find((each) => each === kind)
  if (known === undefined) throw new UsageError(`"${kind}" is not a valid kind: use ${KINDS.join(', ')}`)
  const { from, to, pipeline, step, note, timeZone, now } = given
  const base = { kind: known, note }
  if (finding !== undefined) {
    if (from !== undefined || to !== undefined) throw new UsageError('pass an anomaly or a time range, not both')
    return { ...base, anomalyId: finding }
  }
  if (from === undefined) throw new UsageError('pass the id of an anomaly, or a time range with --from and --to')
  return {
    ...base,
    from: parseMoment(from, now, timeZone),
    to: to === undefined ? now : parseMoment(to, now, timeZone),
    pipeline,
    step,
  }
}

function placeOf({ type, pipeline, step, from, to }: Feedback, clock: Clock): string {
  const where = [pipeline ?? 'all pipelines', step].filter(Boolean).join(' ')
  return `${type ?? 'everything'} of ${where}, ${clock.withZone(from)}${from === to ? '' : ` to ${clock.withZone(to)}`}`
}

const COLUMNS: readonly TableColumn<Feedback>[] = [
  { header: 'kind', cell: ({ kind }) => kind, shrink: false },
  { header: 'from', isTime: true, cell: ({ from }, clock) => clock.second(from), shrink: false },
  { header: 'to', isTime: true, cell: ({ to }, clock) => clock.second(to), shrink: false },
  { header: 'pipeline', cell: ({ pipeline }) => pipeline ?? 'all' },
  { header: 'step', cell: ({ step }) => step ?? 'all' },
  { header: 'anomaly', cell: ({ type }) => type ?? '' },
  { header: 'note', cell: ({ note }) => note ?? '' },
]
