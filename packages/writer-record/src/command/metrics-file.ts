import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The file to which a command appends figures: `name=value` or a JSON object, one per line. */
export interface MetricsFile {
  readonly path: string
  readonly fd: number
  /** Appends a line, as the command does. */
  add(line: string): void
  /** Returns the figures so far. A name that occurs several times has its last value. */
  read(): ReportedFigures
  remove(): void
}

/** The figures that a command reported. */
export interface ReportedFigures {
  /** Undefined without any figure. */
  readonly metrics?: Readonly<Record<string, unknown>> | undefined
  /** The number of lines with a figure that was not taken: of another form, or beyond the greatest number of names. Undefined if every line was taken. */
  readonly ignoredMetrics?: number | undefined
}

const MAX_BYTES = 1024 * 1024
const MAX_NAMES = 1000

/** Creates the file; undefined if the temporary folder cannot be written. */
export function metricsFile(): MetricsFile | undefined {
  try {
    const folder = mkdtempSync(join(tmpdir(), 'forge-metrics-'))
    const path = join(folder, 'metrics')
    const fd = openSync(path, 'ax+', 0o600)
    return {
      path,
      fd,
      add(line) {
        try {
          // More than that is not read.
          if (fstatSync(fd).size < MAX_BYTES) writeSync(fd, `${line}\n`)
        } catch {
          // The disk may be full, which must not affect the command.
        }
      },
      read: () => parseMetrics(textOf(fd)),
      remove() {
        closeSync(fd)
        rmSync(folder, { recursive: true, force: true })
      },
    }
  } catch {
    return undefined
  }
}

/** Parses lines of figures. Lines of another form are counted; empty lines are not. */
export function parseMetrics(text: string): ReportedFigures {
  const figures = new Map<string, unknown>()
  let ignored = 0
  for (const each of text.split('\n')) {
    const line = each.trim()
    if (line === '') continue
    const parsed = figuresOf(line)
    const taken = parsed?.filter(([name, value]) => {
      const hasRoom = figures.size < MAX_NAMES || figures.has(name)
      if (hasRoom) figures.set(name, value)
      return hasRoom
    })
    if (taken === undefined || taken.length !== parsed?.length) ignored++
  }
  return {
    metrics: figures.size === 0 ? undefined : Object.fromEntries(figures),
    ignoredMetrics: ignored === 0 ? undefined : ignored,
  }
}

/** Returns the figures of a line; undefined if it has another form. */
function figuresOf(line: string): [string, unknown][] | undefined {
  if (line.startsWith('{')) {
    try {
      const parsed: unknown = JSON.parse(line)
      return Object.entries(parsed as object)
    } catch {
      return undefined
    }
  }
  const at = line.indexOf('=')
  const name = line.slice(0, at).trim()
  if (at < 1 || !/^[\w.:/-]{1,200}$/.test(name)) return undefined
  return [[name, figureOf(line.slice(at + 1).trim())]]
}

/** Numbers with more digits than a double holds stay text, so that they are exact. */
function figureOf(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  if (!/^-?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return text
  const number = Number(text)
  return Number.isInteger(number) && !Number.isSafeInteger(number) ? text : number
}

function textOf(fd: number): string {
  const length = Math.min(fstatSync(fd).size, MAX_BYTES)
  const bytes = Buffer.alloc(length)
  return bytes.subarray(0, readSync(fd, bytes, 0, length, 0)).toString('utf8')
}
