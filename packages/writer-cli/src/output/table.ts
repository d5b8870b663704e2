import { visibleLine } from '@forge/writer-core/text'
import stringWidth from 'string-width'
import { type Clock, createClock } from './clock.ts'
import { plain, type Style, type StyleFormat } from './style.ts'

/** One column of a printed table. */
export interface TableColumn<Row> {
  readonly header: string
  /** Alignment of the cells; right for figures. Default: `left`. */
  readonly align?: 'left' | 'right' | undefined
  /** Returns the text of a cell before it is sanitized and cut. */
  readonly cell: (row: Row, clock: Clock) => string
  /** True for times, whose zone the header names. Default: false. */
  readonly isTime?: boolean | undefined
  readonly style?: (row: Row) => StyleFormat | undefined
  /** True if the column may be cut to make the table fit. Default: true for left-aligned columns. */
  readonly shrink?: boolean | undefined
  /** The width in cells below which the column is cut only if no column can leave the table. Default: 6. */
  readonly minWidth?: number | undefined
  /** The part of a long text that is left out. Names differ at their ends, so they are cut in the middle. Default: `end`. */
  readonly cut?: 'end' | 'middle' | undefined
  /** The order in which columns leave a table that is too wide, 1 first. Default: the column stays. */
  readonly leaves?: number | undefined
}

export interface TableLayout {
  /** The clock of times. Default: UTC. */
  readonly clock?: Clock | undefined
  readonly style?: Style | undefined
  /** Width in cells to which the table is cut. Default: nothing is cut. */
  readonly width?: number | undefined
}

const GAP = '  '
const MIN_WIDTH = 6
/** The maximum width of a cell, in cells; --json prints the whole text. */
const MAX_CELL_WIDTH = 1000
/** The maximum width to which other cells of a column are padded, so that one long cell does not lengthen every line. */
const MAX_PADDED_WIDTH = 300

/**
 * Returns the lines of a table: header and rows, with two spaces between columns and no trailing spaces. If columns left the table to make it fit,
 * the last line names them.
 */
export function formatTable<Row>(
  given: readonly TableColumn<Row>[],
  rows: readonly Row[],
  { style = plain, width, clock = createClock() }: TableLayout = {},
): string[] {
  const all = given.map((column) =>
    column.isTime ? { ...column, header: `${column.header} (${clock.zone})` } : column,
  )
  const measured = all.map((column) => measure(column, rows, { clock, isCut: width !== undefined }))
  const kept = width === undefined ? measured : keptColumns(measured, width)
  const columns = kept.map(({ column }) => column)
  const widths = width === undefined ? kept.map(({ natural }) => natural) : fitWidths(kept, width)
  const isLast = (at: number) => at === columns.length - 1
  const line = (texts: readonly string[], formatOf: (at: number) => StyleFormat | undefined) =>
    columns
      .map((column, at) => {
        const shorten = column.cut === 'middle' ? cutMiddle : cut
        const text = width === undefined ? (texts[at] ?? '') : shorten(texts[at] ?? '', widths[at] ?? 0)
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
  const lines = rows.map((row, index) =>
    line(
      kept.map(({ cells }) => cells[index] ?? ''),
      (at) => columns[at]?.style?.(row),
    ),
  )
  const left = all.filter((column) => !columns.includes(column)).map((column) => column.header)
  const note = `not shown: ${left.join(', ')} (make the terminal wider, or pass --json)`
  return [header, ...lines, ...(left.length > 0 ? [style('gray', note)] : [])]
}

interface MeasuredColumn<Row> {
  readonly column: TableColumn<Row>
  readonly cells: readonly string[]
  /** The width that the column would have without a limit. */
  readonly natural: number
  /** The width below which a column leaves, this one or another. */
  readonly comfortable: number
  /** The width below which the column is never cut. */
  readonly least: number
}

interface Measuring {
  readonly clock: Clock
  /** True if the table is cut to a width. */
  readonly isCut: boolean
}

function measure<Row>(
  column: TableColumn<Row>,
  rows: readonly Row[],
  { clock, isCut }: Measuring,
): MeasuredColumn<Row> {
  const { shrink = column.align !== 'right', minWidth = MIN_WIDTH } = column
  const shorten = column.cut === 'middle' ? cutMiddle : cut
  const cells = rows.map((row) => shorten(visibleLine(excerptOf(column.cell(row, clock))), MAX_CELL_WIDTH))
  const widest = cells.reduce((most, text) => Math.max(most, stringWidth(text)), stringWidth(column.header))
  const natural = isCut ? widest : Math.min(widest, MAX_PADDED_WIDTH)
  const comfortable = shrink ? Math.min(natural, minWidth) : natural
  return { column, cells, natural, comfortable, least: shrink ? Math.min(natural, MIN_WIDTH) : natural }
}

/** Returns both ends of a text of many megabytes, of which no more is ever shown. */
function excerptOf(text: string): string {
  const half = 2 * MAX_CELL_WIDTH
  return text.length <= 2 * half ? text : text.slice(0, half) + text.slice(-half)
}

/** Returns the columns that stay in a table of this width. */
function keptColumns<Row>(measured: readonly MeasuredColumn<Row>[], width: number): readonly MeasuredColumn<Row>[] {
  const leaving = measured
    .filter(({ column }) => column.leaves !== undefined)
    .sort((a, b) => (a.column.leaves ?? 0) - (b.column.leaves ?? 0))
  let kept = measured
  while (leaving.length > 0 && tableWidth(kept.map(({ comfortable }) => comfortable)) > width) {
    const next = leaving.shift()
    kept = kept.filter((each) => each !== next)
  }
  return kept
}

/** Shrinks the widest columns until the table fits, first to comfortable widths; a table that cannot fit stays wider. */
function fitWidths<Row>(columns: readonly MeasuredColumn<Row>[], width: number): number[] {
  const widths = columns.map(({ natural }) => natural)
  for (const limit of ['comfortable', 'least'] as const) {
    for (let excess = tableWidth(widths) - width; excess > 0; excess--) {
      let widest = -1
      for (const [at, each] of widths.entries()) {
        if (each > (columns[at]?.[limit] ?? each) && each > (widths[widest] ?? 0)) widest = at
      }
      if (widest === -1) break
      widths[widest] = (widths[widest] ?? 0) - 1
    }
  }
  return widths
}

function tableWidth(widths: readonly number[]): number {
  return widths.reduce((sum, each) => sum + each, 0) + GAP.length * (widths.length - 1)
}

/** Returns the columns in which a row has text. */
export function filledColumns<Row>(
  columns: readonly TableColumn<Row>[],
  rows: readonly Row[],
): readonly TableColumn<Row>[] {
  const clock = createClock()
  return columns.filter(({ cell }) => rows.some((row) => cell(row, clock) !== ''))
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
