import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newFolder } from '@forge/writer-core/testing'
import { expect, test } from 'vitest'

interface Counts {
  readonly points: number
  readonly incidents: number
  readonly found: number
  readonly falseAlarms: number
}
interface Scores extends Counts {
  readonly f1: number
  readonly precision: number
  readonly falseAlarmsPer1000Points: number
}
interface Table extends Scores {
  readonly groups: readonly (Scores & { readonly group: string; readonly threshold?: number })[]
}
interface Scorer {
  countSeries(labels: readonly boolean[], alarms: readonly boolean[]): Counts
  sumCounts(counts: readonly Counts[]): Scores
}
interface Cloud {
  leaveGroupsOut(
    series: readonly { readonly group: string; readonly labels: readonly boolean[] }[],
    scores: readonly number[][],
  ): Table
  scoreCloud(folder: string): { readonly product: Table; readonly detectors: readonly (Table & { name: string })[] }
}

// The scorers are plain JavaScript, which a variable address keeps out of the type check.
const load = (file: string) => import(new URL(file, import.meta.url).href)
const { countSeries, sumCounts }: Scorer = await load('../cloud-score.mjs')
const { leaveGroupsOut, scoreCloud }: Cloud = await load('../cloud.mjs')

const flags = (...points: number[]) => Array.from({ length: 400 }, (_, at) => points.includes(at))

test('labelled points at most three apart are one incident, which an alarm within three points finds', () => {
  expect(countSeries(flags(200, 203, 207), flags(210))).toEqual({ points: 232, incidents: 2, found: 1, falseAlarms: 0 })
  expect(countSeries(flags(200, 203), flags(207))).toMatchObject({ incidents: 1, found: 0, falseAlarms: 1 })
  expect(countSeries(flags(200), flags(197, 199))).toMatchObject({ found: 1, falseAlarms: 0 })
})

test('the first week is for learning', () => {
  expect(countSeries(flags(100), flags(50, 167))).toMatchObject({ incidents: 0, found: 0, falseAlarms: 0 })
})

test('counts add up to precision, recall and F1', () => {
  const sum = sumCounts([
    { points: 600, incidents: 4, found: 3, falseAlarms: 0 },
    { points: 400, incidents: 0, found: 0, falseAlarms: 3 },
  ])
  expect(sum).toMatchObject({ precision: 0.5, recall: 0.75, falseAlarmsPer1000Points: 3 })
  expect(sum.f1).toBeCloseTo(0.6)
})

test('the threshold of a group is chosen on the others', () => {
  const labels = flags(300)
  // In the first group alarms start at 0.9, in the others a score of 0.5 is right and one of 0.3 is wrong.
  const scoresAt = (right: number, wrong: number) =>
    labels.map((_, at) => (at === 300 ? right : at === 250 ? wrong : 0))
  const series = ['a', 'b', 'c'].map((group) => ({ group, labels }))
  const { groups } = leaveGroupsOut(series, [scoresAt(0.95, 0.9), scoresAt(0.5, 0.3), scoresAt(0.5, 0.3)])
  expect(groups[0]).toMatchObject({ group: 'a', threshold: 0.35, found: 1, falseAlarms: 1 })
  expect(groups[1]).toMatchObject({ found: 1, falseAlarms: 0 })
})

test('a folder of groups is scored by each detector and by the product', () => {
  const folder = newFolder()
  for (const group of ['one', 'two']) {
    mkdirSync(join(folder, group))
    const lines = Array.from({ length: 500 }, (_, at) => {
      const time = new Date(Date.UTC(2024, 0, 1) + at * 3_600_000).toISOString()
      const value = at === 450 || at === 451 ? 20_000 : 1000 + ((at * 37) % 50)
      return `"${time}",${value},${Number(at === 450 || at === 451)}`
    })
    writeFileSync(join(folder, group, 'a.csv'), ['TimeStamp,Value,Label', ...lines].join('\n'))
  }
  const { product, detectors } = scoreCloud(folder)
  expect(product).toMatchObject({ incidents: 2, found: 2 })
  expect(detectors.find(({ name }) => name === 'new-extreme')).toMatchObject({ incidents: 2, found: 2 })
})
