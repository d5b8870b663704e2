import { readdirSync, readFileSync } from 'node:fs'

/** The facts of a process that Linux shows in `/proc/<pid>/stat`. */
export interface ProcessFacts {
  readonly pid: number
  readonly state: string
  readonly parentPid: number
  readonly group: number
  readonly session: number
  /** The number of the controlling terminal; 0 without one. */
  readonly terminal: number
  /** The process group in the foreground of the terminal; -1 without a terminal. */
  readonly foregroundGroup: number
  /** CPU time of children that have been waited for, in seconds. */
  readonly childrenCpuSecs: number
  /** The start of the process in clock ticks since the boot, as text: together with the process id and the boot id it identifies the process. */
  readonly start: string
}

/** Linux counts CPU time in hundredths of a second in `/proc`, on every architecture. */
const TICKS_PER_SEC = 100

/** Returns the facts of a process; undefined if it does not exist or the system has no `/proc`. */
export function processFacts(pid: number | 'self'): ProcessFacts | undefined {
  const text = readProc(`${pid}/stat`)
  if (text === undefined) return undefined
  // The name of the program may contain blanks and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const number = (field: number) => Number(fields[field - 3])
  return {
    pid: Number(text.slice(0, text.indexOf(' '))),
    state: fields[0] ?? '',
    parentPid: number(4),
    group: number(5),
    session: number(6),
    terminal: number(7),
    foregroundGroup: number(8),
    childrenCpuSecs: (number(16) + number(17)) / TICKS_PER_SEC,
    start: fields[19] ?? '',
  }
}

/** Returns whether a process runs. A process that took over its id later has another `start`. */
export function isRunning(pid: number, start: string | undefined): boolean {
  const facts = processFacts(pid)
  if (facts !== undefined)
    return facts.state !== 'Z' && facts.state !== 'X' && (start === undefined || facts.start === start)
  return readProc('self/stat') === undefined && answersSignals(pid)
}

/** Returns the ids of the descendants of a process, parents first. Empty on systems without `/proc`. */
export function descendantsOf(pid: number): number[] {
  const found = [pid]
  for (let at = 0; at < found.length; at++) found.push(...childrenOf(found[at] ?? 0))
  return found.slice(1)
}

/** Returns the processes of a session, which a command that runs without a terminal has for itself. */
export function processesOfSession(session: number): ProcessFacts[] {
  return allPids().flatMap((pid) => {
    const facts = processFacts(pid)
    return facts?.session === session && facts.state !== 'Z' ? [facts] : []
  })
}

/** Returns whether a process group has members. */
export function hasMembers(group: number): boolean {
  return answersSignals(-group)
}

/** Returns the peak and the current memory of a process in bytes; undefined if it has ended. */
export function memoryOf(pid: number): { readonly peakBytes: number; readonly bytes: number } | undefined {
  const status = readProc(`${pid}/status`)
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status ?? '')?.[1])
  const [peak, current] = [kilobytes('VmHWM'), kilobytes('VmRSS')]
  return Number.isNaN(peak) || Number.isNaN(current) ? undefined : { peakBytes: peak * 1024, bytes: current * 1024 }
}

/** Reads a file below `/proc`; undefined if it cannot be read. */
export function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'latin1')
  } catch {
    return undefined
  }
}

function childrenOf(pid: number): number[] {
  return entriesOf(`/proc/${pid}/task`).flatMap((thread) =>
    (readProc(`${pid}/task/${thread}/children`) ?? '')
      .split(' ')
      .filter((word) => word !== '')
      .map(Number),
  )
}

function allPids(): number[] {
  return entriesOf('/proc').flatMap((name) => (/^\d+$/.test(name) ? Number(name) : []))
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
