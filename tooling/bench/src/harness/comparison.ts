import type { ReportLine } from './report.ts'
import { alignedTable, roundFigure } from './report.ts'
import { median } from './statistics.ts'

/** The two sides of a comparison. */
export type Side = 'here' | 'there'

/** A case on both sides: medians over the rounds, undefined if the side did not report the case. */
export interface ComparedCase {
  readonly bench: string
  readonly case: string
  readonly unit: string
  readonly here: number | undefined
  readonly there: number | undefined
  /** `here` divided by `there`. */
  readonly change: number | undefined
  /** The ratios to the peer in the same run, if the case has one. */
  readonly ratioHere: number | undefined
  readonly ratioThere: number | undefined
}

/** Runs both sides in turn, and changes which one begins: whatever slows the machine for a while slows both. */
export function* sidesInTurn(rounds: number): Generator<Side> {
  for (let round = 0; round < rounds; round++) yield* round % 2 === 0 ? BEGIN_HERE : BEGIN_THERE
}

const BEGIN_HERE: readonly Side[] = ['here', 'there']
const BEGIN_THERE: readonly Side[] = ['there', 'here']

/** Compares the lines of both sides case by case, in the order in which the cases came first. */
export function compareLines(lines: Readonly<Record<Side, readonly ReportLine[]>>): ComparedCase[] {
  const keys = new Map([...lines.here, ...lines.there].map((line) => [keyOf(line), line]))
  return [...keys].map(([key, { bench, case: name, unit }]) => {
    const here = lines.here.filter((line) => keyOf(line) === key)
    const there = lines.there.filter((line) => keyOf(line) === key)
    const [now, then] = [medianOf(here.map(({ value }) => value)), medianOf(there.map(({ value }) => value))]
    return {
      bench,
      case: name,
      unit,
      here: now,
      there: then,
      change: now === undefined || then === undefined || then === 0 ? undefined : now / then,
      ratioHere: medianOf(here.flatMap(({ ratio }) => ratio ?? [])),
      ratioThere: medianOf(there.flatMap(({ ratio }) => ratio ?? [])),
    }
  })
}

/** A table of compared cases. */
export function comparisonTable(cases: readonly ComparedCase[], commit: string): string {
  return alignedTable(
    ['bench', 'case', 'here', commit, 'unit', 'here/there', 'ratio here', 'ratio there'],
    cases.map((each) => [
      each.bench,
      each.case,
      text(each.here),
      text(each.there),
      each.unit,
      text(each.change),
      text(each.ratioHere),
      text(each.ratioThere),
    ]),
    [2, 3, 5, 6, 7],
  )
}

function keyOf({ bench, case: name, unit }: ReportLine): string {
  return JSON.stringify([bench, name, unit])
}

function medianOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : median(values)
}

function text(value: number | undefined): string {
  return value === undefined ? '-' : roundFigure(value).toLocaleString('en-US')
}
