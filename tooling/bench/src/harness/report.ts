import type { Measurement } from './bench.ts'

export interface ReportLine extends Measurement {
  readonly bench: string
}

/** One JSON object without line breaks; keys in a fixed order, what is not known is null. */
export function jsonLine(line: ReportLine): string {
  const { bench, case: caseName, value, unit, ratio = null, against = null } = line
  return JSON.stringify({ bench, case: caseName, value: round(value), unit, ratio: ratio && round(ratio), against })
}

/** Plain text, columns aligned. */
export function tableOf(lines: readonly ReportLine[]): string {
  const cells = lines.map((line) => [
    line.bench,
    line.case,
    round(line.value).toLocaleString('en-US'),
    line.unit,
    line.ratio === undefined ? '' : `${round(line.ratio)}x ${line.against ?? ''}`,
  ])
  const rows = [['bench', 'case', 'value', 'unit', 'ratio'], ...cells]
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const textOf = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 2 ? cell.padStart(widths[2] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
  return rows.map((row) => textOf(row).trimEnd()).join('\n')
}

/** Four significant digits say more than a run can repeat. */
function round(value: number): number {
  return Number(value.toPrecision(4))
}
