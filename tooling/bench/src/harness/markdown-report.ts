import { readFile, writeFile } from 'node:fs/promises'
import { cpus, loadavg, totalmem } from 'node:os'
import { type ReportLine, roundFigure } from './report.ts'

const START = '<!-- bench -->'
const END = '<!-- /bench -->'

/** The circumstances of a run, which decide how far its figures can be compared with others. */
export interface RunSetting {
  readonly date: string
  readonly node: string
  readonly processor: string
  readonly processors: number
  readonly memoryBytes: number
  /** The processes that wanted to run in the minute before the run, on average: more than a little means other work, and unsteady figures. */
  readonly load: number
}

/** Returns the setting of a run that begins now. */
export function runSetting(now: Date): RunSetting {
  const all = cpus()
  return {
    date: now.toISOString().slice(0, 10),
    node: process.version,
    processor: all[0]?.model.trim() ?? 'unknown processor',
    processors: all.length,
    memoryBytes: totalmem(),
    load: loadavg()[0] ?? 0,
  }
}

/** Returns the figures as a Markdown table, below a sentence about the run. `versions` are those of the engine and of peers, such as `DuckDB v1.5.6`. */
export function markdownReport(lines: readonly ReportLine[], setting: RunSetting, versions: readonly string[]): string {
  const rows = lines.map(({ bench, case: caseName, value, unit, ratio, against }) => {
    const compared = ratio === undefined ? '' : `${roundFigure(ratio)} x ${against ?? ''}`
    return [bench, caseName, `${roundFigure(value).toLocaleString('en-US')} ${unit}`, compared].map(cellText)
  })
  const header = ['benchmark', 'case', 'figure', 'compared in the same run']
  return [
    settingText(setting, versions),
    '',
    ...[header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`),
  ].join('\n')
}

function settingText(setting: RunSetting, versions: readonly string[]): string {
  const { date, node, processor, processors, memoryBytes, load } = setting
  const memory = `${Math.round(memoryBytes / 2 ** 30)} GiB of memory`
  const machine = `${processors} processors (${processor}), ${memory}, Node ${node}, ${versions.join(', ')}`
  const others =
    load > processors / 2 ? ' Other programs ran at the same time, so only the processor time is steady.' : ''
  return `Measured on ${date}: ${machine}. The load average before the run was ${load.toFixed(1)}.${others}`
}

function cellText(text: string): string {
  return text.replaceAll('|', '\\|')
}

/** Replaces what stands between the marks of a Markdown file. Throws an Error if the file does not have them. */
export async function writeBetweenMarks(path: string, text: string): Promise<void> {
  const before = await readFile(path, 'utf8')
  const [from, to] = [before.indexOf(START), before.indexOf(END)]
  if (from === -1 || to < from) throw new Error(`${path} has no lines ${START} and ${END}`)
  await writeFile(path, `${before.slice(0, from)}${START}\n\n${text}\n\n${before.slice(to)}`)
}
