// Scores detectors, and the findings of the product, on labelled telemetry: one folder a group, one CSV a series (`TimeStamp,Value,Label`).
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { anomalyModel, stepRunsOfRows } from '@forge/writer-anomaly'
import { DETECTORS } from '@forge/writer-anomaly/statistics'
import { countSeries, sumCounts } from './cloud-score.mjs'

/** The thresholds that are tried. */
const THRESHOLDS = Array.from({ length: 18 }, (_, at) => (at + 2) / 20)

/** Scores each detector with its threshold chosen on the other groups, and the product, which has none to choose. */
export function scoreCloud(folder) {
  const series = readGroups(folder)
  const detectors = DETECTORS.map((make) => ({ name: make().name, ...leaveGroupsOut(series, scoresOf(make, series)) }))
  const counts = series.map((one) => countSeries(one.labels, productAlarms(one)))
  return { series: series.length, product: tableOf(series, counts), detectors }
}

/** Returns the series of a folder of groups. */
export function readGroups(folder) {
  const groups = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return groups
    .map(({ name }) => name)
    .sort()
    .flatMap((group) => {
      const files = readdirSync(join(folder, group)).filter((file) => file.endsWith('.csv'))
      return files.sort().map((file) => ({ group, name: file, ...readSeries(join(folder, group, file)) }))
    })
}

function readSeries(file) {
  const rows = readFileSync(file, 'utf8')
    .replaceAll('"', '')
    .split(/\r?\n/)
    .filter(Boolean)
    .slice(1)
    .map((line) => line.split(','))
  return {
    times: rows.map(([time]) => Date.parse(`${time.slice(0, 19).replace(' ', 'T')}Z`)),
    values: rows.map(([, value]) => Number(value)),
    labels: rows.map(([, , label]) => label === '1'),
  }
}

function scoresOf(make, series) {
  return series.map(({ values, times }) => {
    const detector = make()
    return values.map((value, at) => detector.update({ value, timeMs: times[at] }))
  })
}

/** Counts each group with the threshold that is best on all other groups. */
export function leaveGroupsOut(series, scores) {
  const at = THRESHOLDS.map((threshold) =>
    series.map(({ labels }, index) =>
      countSeries(
        labels,
        scores[index].map((score) => score >= threshold),
      ),
    ),
  )
  const groups = [...new Set(series.map(({ group }) => group))]
  const thresholds = new Map(groups.map((left) => [left, bestOf(at, (_, index) => series[index].group !== left)]))
  const counts = series.map(({ group }, index) => at[thresholds.get(group)][index])
  const inSample = THRESHOLDS[bestOf(at, () => true)]
  return { inSample, ...tableOf(series, counts, (group) => THRESHOLDS[thresholds.get(group)]) }
}

function bestOf(at, isCounted) {
  const f1 = at.map((counts) => sumCounts(counts.filter(isCounted)).f1)
  return f1.indexOf(Math.max(...f1))
}

function tableOf(series, counts, thresholdOf) {
  const groups = [...new Set(series.map(({ group }) => group))]
  const ofGroup = (group) => counts.filter((_, index) => series[index].group === group)
  return {
    ...sumCounts(counts),
    groups: groups.map((group) => ({ group, threshold: thresholdOf?.(group), ...sumCounts(ofGroup(group)) })),
  }
}

/** Returns for each point whether the product reports a finding, in a pipeline of one step that processes as many rows as the series says. */
function productAlarms({ times, values }) {
  const model = anomalyModel()
  // Rows are whole numbers: a share is counted in millionths.
  const factor = values.every(Number.isInteger) ? 1 : 1e6
  return values.map((value, at) => {
    const start = new Date(times[at])
    const rows = Math.max(0, Math.round(value * factor))
    const row = {
      run_id: `run-${at}`,
      execution_id: `run-${at}`,
      pipeline_id: 'series',
      phase: 'bronze',
      step_name: 'value',
      start_time: start,
      end_time: start,
      run_started_at: start,
      duration_secs: 0,
      rows_processed: rows,
      success: true,
    }
    const found = model.update(stepRunsOfRows([row], times[at]), times[at])
    return found.some(({ suppressedBy, metric }) => !suppressedBy && metric === 'rows_processed')
  })
}

/** Lines for people. */
export function cloudLines({ series, product, detectors }) {
  const line = (name, { f1, precision, recall, falseAlarmsPer1000Points }) =>
    `${name.padEnd(38)} F1 ${f1.toFixed(3)}  precision ${precision.toFixed(2)}  recall ${recall.toFixed(2)}  false alarms ${falseAlarmsPer1000Points.toFixed(2)} per 1,000 points`
  const [chosen] = detectors
  return [
    `${series} series; each group with the threshold that is best on the other groups`,
    line('findings of the product', product),
    ...product.groups.map((each) => line(`  ${each.group}`, each)),
    ...detectors.map((each) => line(each.name, each)),
    `${chosen.name}, by group:`,
    ...chosen.groups.map((each) => line(`  ${each.group} (${each.threshold})`, each)),
  ]
}
