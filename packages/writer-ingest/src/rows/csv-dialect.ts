import { columnOf } from './column-names.ts'

/** The dialect of a CSV file, as its beginning shows it. */
export interface CsvDialect {
  readonly delimiter: string
  /** Number of lines before the header. */
  readonly skippedLines: number
  /** True if a backslash escapes quotes and backslashes within quotes, as Spark and MySQL write it; otherwise quotes are doubled. */
  readonly hasBackslashes: boolean
  /** True if spaces around cells are ignored. */
  readonly trims: boolean
  /** True if the header names columns of the log. */
  readonly isLog: boolean
}

const DELIMITERS = [',', ';', '\t', '|']
/** The maximum number of title lines before the header. */
const MAX_TITLE_LINES = 30

/** Detects the dialect from the beginning of a file. The header is the first line that names two columns of the log, or else the first line. */
export function dialectOf(head: Uint8Array): CsvDialect {
  const text = Buffer.from(head)
    .toString('utf8')
    .replace(/^\ufeff/, '')
  const lines = text.split(/\r\n|\n|\r/, MAX_TITLE_LINES)
  // Spreadsheets name the delimiter in this line.
  const named = /^"?sep=(.)"?\s*$/i.exec(lines[0] ?? '')?.[1]
  const first = named === undefined ? 0 : 1
  const delimiters = named === undefined ? DELIMITERS : [named]
  const header = lines.findIndex((line, at) => at >= first && delimiters.some((each) => knownColumns(line, each) >= 2))
  const skippedLines = header === -1 ? first : header
  const line = lines[skippedLines] ?? ''
  const delimiter = delimiters.toSorted((a, b) => rankOf(line, b) - rankOf(line, a))[0] ?? ','
  const quoted =
    delimiter === '|' || delimiter === '\t'
      ? `\\${delimiter === '|' ? '|' : 't'}`
      : `[${delimiter.replace(/[\\\]^-]/, '\\$&')}]`
  return {
    delimiter,
    skippedLines,
    hasBackslashes: new RegExp(`\\\\"(?!${quoted}|[\\r\\n"]|$)`).test(text),
    trims: new RegExp(`${quoted} +"(?!")`).test(text),
    isLog: header !== -1,
  }
}

function rankOf(line: string, delimiter: string): number {
  return knownColumns(line, delimiter) * 1e6 + line.split(delimiter).length
}

function knownColumns(line: string, delimiter: string): number {
  const cells = line.split(delimiter, 200).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'))
  return new Set(cells.flatMap((cell) => columnOf(cell) ?? [])).size
}
