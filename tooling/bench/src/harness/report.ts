import type { Measurement } from './bench.ts'

export interface ReportLine extends Measurement {
  readonly bench: string
}

/** One JSON object without line breaks; keys in a fixed order, what is not known is null. */
export function jsonLine(line: ReportLine): string {
  const { bench, case: caseName, value, unit, ratio = null, against = null } = line
  return JSON.stringify({
    bench,
    case: caseName,
    value: roundFigure(value),
    unit,
    ratio: ratio && roundFigure(ratio),
    against,
  })
}

/** Plain text, columns aligned. */
export function tableOf(lines: readonly ReportLine[]): string {
  const cells = lines.map((line) => [
    line.bench,
    line.case,
    roundFigure(line.value).toLocaleString('en-US'),
    line.unit,
    line.ratio === undefined ? '' : `${roundFigure(line.ratio)}x ${line.against ?? ''}`,
  ])
  return alignedTable(['bench', 'case', 'value', 'unit', 'ratio'], cells, [2])
}

/** Plain text, columns aligned: those at the positions `right` to the right, the others to the left. */
export function alignedTable(
  header: readonly string[],
  cells: readonly (readonly string[])[],
  right: readonly number[],
): string {
  const rows = [header, ...cells]
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const textOf = (row: readonly string[]) =>
    row.map((cell, column) =>
      right.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
    )
  return rows.map((row) => textOf(row).join('  ').trimEnd()).join('\n')
}

/** Four significant digits say more than a run can repeat. */
export function roundFigure(value: number): number {
  return Number(value.toPrecision(4))
}
