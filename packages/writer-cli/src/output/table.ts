import stringWidth from 'string-width'
import { sanitize } from './sanitize.ts'
import { plain, type Style, type StyleFormat } from './style.ts'

/** One column of a printed table. */
export interface TableColumn<Row> {
  readonly header: string
  /** Alignment of the cells; right for figures. Default: `left`. */
  readonly align?: 'left' | 'right'
  /** Returns the text of a cell before it is sanitized and cut. */
  readonly cell: (row: Row) => string
  readonly style?: (row: Row) => StyleFormat | undefined
  /** True if the column may be cut to make the table fit. Default: true for left-aligned columns. */
  readonly shrink?: boolean
}

export interface TableLayout {
  readonly style?: Style
  /** Width in cells to which the table is cut. Default: nothing is cut. */
  readonly width?: number | undefined
}

const GAP = '  '
const MIN_WIDTH = 6

/** Returns the lines of a table: header and rows, with two spaces between columns and no trailing spaces. */
export function formatTable<Row>(
  columns: readonly TableColumn<Row>[],
  rows: readonly Row[],
  { style = plain, width }: TableLayout = {},
): string[] {
  const cells = rows.map((row) => columns.map((column) => sanitize(column.cell(row))))
  const natural = columns.map((column, at) =>
    Math.max(stringWidth(column.header), ...cells.map((line) => stringWidth(line[at] ?? ''))),
  )
  const widths = width === undefined ? natural : fitWidths(columns, natural, width)
  const isLast = (at: number) => at === columns.length - 1
  const line = (texts: readonly string[], formatOf: (at: number) => StyleFormat | undefined) =>
    columns
      .map((column, at) => {
        const text = cut(texts[at] ?? '', widths[at] ?? 0)
        const blanks = ' '.repeat(Math.max(0, (widths[at] ?? 0) - stringWidth(text)))
        const format = formatOf(at)
        const painted = format ? style(format, text) : text
        if (column.align === 'right') return blanks + painted
        return isLast(at) ? painted : painted + blanks
      })
      .join(GAP)
      .trimEnd()
  const header = line(
    columns.map((column) => column.header),
    () => 'bold',
  )
  return [header, ...rows.map((row, index) => line(cells[index] ?? [], (at) => columns[at]?.style?.(row)))]
}

/** Shrinks the widest columns that may shrink until the table fits; a table that cannot fit stays wider. */
function fitWidths<Row>(columns: readonly TableColumn<Row>[], natural: readonly number[], width: number): number[] {
  const widths = [...natural]
  const shrinks = columns.map((column) => column.shrink ?? column.align !== 'right')
  let excess = widths.reduce((sum, each) => sum + each, 0) + GAP.length * (columns.length - 1) - width
  while (excess > 0) {
    let widest = -1
    for (const [at, each] of widths.entries()) {
      if (shrinks[at] && each > MIN_WIDTH && each > (widths[widest] ?? 0)) widest = at
    }
    if (widest === -1) break
    widths[widest] = (widths[widest] ?? 0) - 1
    excess--
  }
  return widths
}

/** Returns the columns in which a row has text. */
export function filledColumns<Row>(
  columns: readonly TableColumn<Row>[],
  rows: readonly Row[],
): readonly TableColumn<Row>[] {
  return columns.filter(({ cell }) => rows.some((row) => cell(row) !== ''))
}

/** Returns the text in at most `width` cells; of text that is cut, the end stays longer, which distinguishes names. */
export function cutMiddle(text: string, width: number): string {
  if (stringWidth(text) <= width) return text
  const head = cut(text, Math.max(2, Math.floor(width / 3)))
  let tail = ''
  let used = stringWidth(head)
  for (const { segment } of [...new Intl.Segmenter().segment(text)].reverse()) {
    used += stringWidth(segment)
    if (used > width) break
    tail = segment + tail
  }
  return head + tail
}

/** Returns the text in at most `width` cells; text that is cut ends in an ellipsis. */
export function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text
  let kept = ''
  let used = 0
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    const cells = stringWidth(segment)
    if (used + cells > width - 1) break
    kept += segment
    used += cells
  }
  return `${kept}…`
}
