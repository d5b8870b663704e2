// Scores each detector and the default on labelled series: `--data DIR --labels FILE [--threshold X] [--json]`.
// Or the detectors and the product on labelled telemetry, each group left out in turn: `--cloud DIR [--json]`.
// Or the change points on series whose changes are known: `--change-points [--json]`.
// Or the findings of a half-year of pipelines as they are met in the field: `--field [--seed N] [--sensitivity X] [--traits] [--json]`;
// with `--traits` also without each of the simulation's traits.
// Or the findings of a simulated year of pipelines: `--simulated [--seed N] [--sensitivity X] [--json]`.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { DETECTORS } from '@forge/writer-anomaly/statistics'
import { scoreChangePoints } from './change-points.mjs'
import { cloudLines, scoreCloud } from './cloud.mjs'
import { fieldLine, fieldLines, runField, runPeers, withoutEachTrait } from './field.mjs'
import { scoreCorpus } from './score.mjs'
import { runSimulated, simulatedLines } from './simulated.mjs'

const options = {
  data: { type: 'string' },
  labels: { type: 'string' },
  cloud: { type: 'string' },
  threshold: { type: 'string' },
  json: { type: 'boolean' },
  'change-points': { type: 'boolean' },
  field: { type: 'boolean' },
  traits: { type: 'boolean' },
  simulated: { type: 'boolean' },
  seed: { type: 'string' },
  sensitivity: { type: 'string' },
}
let args
try {
  args = parseArgs({ options }).values
} catch (error) {
  usage(error.message)
}
if (args['change-points']) {
  showChangePoints(scoreChangePoints())
  process.exit(0)
}
if (args.cloud) {
  const result = scoreCloud(args.cloud)
  console.log(args.json ? JSON.stringify({ schemaVersion: 1, ...result }) : cloudLines(result).join('\n'))
  process.exit(0)
}
if (args.simulated || args.field) {
  const seed = Number(args.seed ?? 1)
  const sensitivity = Number(args.sensitivity ?? 1)
  if (!Number.isInteger(seed)) usage(`--seed: ${args.seed} is not a whole number`)
  if (!(sensitivity >= 0.25 && sensitivity <= 4)) usage(`--sensitivity: ${args.sensitivity} is not from 0.25 to 4`)
  if (args.field) showField({ seed, sensitivity })
  else showSimulated({ seed, sensitivity })
  process.exit(0)
}
if (!args.data || !args.labels) usage('--data and --labels are needed')
const threshold = args.threshold === undefined ? undefined : Number(args.threshold)
if (Number.isNaN(threshold)) usage(`--threshold: ${args.threshold} is not a number`)

const corpus = Object.entries(JSON.parse(readFileSync(args.labels, 'utf8'))).map(([name, labels]) => read(name, labels))
const detectors = DETECTORS.map((make, index) => {
  const results = corpus.map((series) => ({ series, scores: run(make(), series) }))
  // A given threshold is the default's; the others are shown at their best.
  return { detector: make().name, ...scoreCorpus(results, index === 0 ? threshold : undefined) }
})
const [chosen] = detectors
if (args.json) console.log(JSON.stringify({ schemaVersion: 1, series: corpus.length, default: chosen, detectors }))
else {
  for (const { detector, score, threshold: t, detections, falseAlarms } of detectors)
    console.log(
      `${detector.padEnd(16)} ${score.toFixed(4).padStart(9)}  threshold ${t}  windows ${detections}  false alarms ${falseAlarms}`,
    )
  console.log(`default: ${chosen.detector}, ${chosen.score.toFixed(4)} at threshold ${chosen.threshold}`)
}

function showField(settings) {
  const { missed, wrong, ...result } = runField(settings)
  const peers = runPeers(settings)
  const traits = args.traits ? [...withoutEachTrait(settings)] : []
  if (args.json) {
    const brief = ({ missed: _missed, wrong: _wrong, ...rest }) => rest
    console.log(JSON.stringify({ schemaVersion: 1, ...result, peers: peers.map(brief), traits: traits.map(brief) }))
    return
  }
  console.log(fieldLines(result).join('\n'))
  for (const peer of peers) console.log(fieldLine(peer.name, peer))
  for (const each of traits) console.log(fieldLine(`without ${each.without}`, each))
}

function showSimulated(settings) {
  const { missed, wrong, ...result } = runSimulated(settings)
  if (args.json) console.log(JSON.stringify({ schemaVersion: 1, ...result }))
  else console.log(simulatedLines(result).join('\n'))
}

/** One series; windows as indices of its first and last row. */
function read(name, labels) {
  const rows = readFileSync(join(args.data, name), 'utf8')
    .split(/\r?\n/)
    .filter(Boolean)
    .slice(1)
    .map((line) => line.split(','))
  const times = rows.map(([time]) => time.slice(0, 19))
  const windows = labels.map((window) => window.map((edge) => times.indexOf(edge.slice(0, 19))))
  if (windows.flat().includes(-1)) throw new Error(`${name}: a window's edge is not in the data`)
  return {
    windows,
    values: rows.map((row) => Number(row[1])),
    times: times.map((t) => Date.parse(`${t.replace(' ', 'T')}Z`)),
  }
}

function run(detector, { values, times }) {
  return values.map((value, i) => detector.update({ value, timeMs: times[i] }))
}

function usage(problem) {
  process.stderr.write(
    `bench:anomaly: ${problem}\nusage: bench:anomaly --data DIR --labels FILE [--threshold X] [--json]\n       bench:anomaly --field|--simulated [--seed N] [--sensitivity X] [--traits] [--json]\n       bench:anomaly --cloud DIR [--json]\n       bench:anomaly --change-points [--json]\n`,
  )
  process.exit(2)
}

function showChangePoints(result) {
  if (args.json) return console.log(JSON.stringify({ schemaVersion: 1, ...result }))
  const line = (name, { cover, f1 }) => console.log(`${name.padEnd(34)} cover ${cover.toFixed(3)}  F1 ${f1.toFixed(3)}`)
  for (const row of result.changePoints.byKind) line(row.kind, row)
  line(`all ${result.series} series`, result.changePoints)
  line('(saying that nothing changes)', result.nothing)
}
