import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The file to which a command appends figures: `name=value` or a JSON object, one per line. */
export interface MetricsFile {
  readonly path: string
  readonly fd: number
  /** Returns the figures so far. A name that occurs several times has its last value. */
  read(): Readonly<Record<string, unknown>> | undefined
  remove(): void
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

/** Parses lines of figures. Lines of another form are ignored. Undefined without any figure. */
export function parseMetrics(text: string): Readonly<Record<string, unknown>> | undefined {
  const figures = new Map<string, unknown>()
  for (const line of text.split('\n')) {
    for (const [name, value] of figuresOf(line.trim())) {
      if (figures.size < MAX_NAMES || figures.has(name)) figures.set(name, value)
    }
  }
  return figures.size === 0 ? undefined : Object.fromEntries(figures)
}

function figuresOf(line: string): [string, unknown][] {
  if (line.startsWith('{')) {
    try {
      const parsed: unknown = JSON.parse(line)
      return Object.entries(parsed as object)
    } catch {
      return []
    }
  }
  const at = line.indexOf('=')
  const name = line.slice(0, at).trim()
  if (at < 1 || !/^[\w.:/-]{1,200}$/.test(name)) return []
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
