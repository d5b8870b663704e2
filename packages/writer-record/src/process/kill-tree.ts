import { spawn } from 'node:child_process'
import { descendantsOf } from './process-table.ts'

/** A running child, with the group that it has for itself, if it has one. */
export interface KillTarget {
  readonly pid: number
  /** True if the child leads its own process group. */
  readonly hasGroup: boolean
}

/** Sends a signal to the child, or to its whole group if it has one. A child that has ended is left alone. */
export function sendSignal({ pid, hasGroup }: KillTarget, signal: NodeJS.Signals): void {
  if (process.platform === 'win32') killOnWindows(pid, signal === 'SIGKILL')
  else deliver(hasGroup ? -pid : pid, signal)
}

/** Sends a signal to the child and to all of its descendants. */
export function sendToTree(target: KillTarget, signal: NodeJS.Signals): void {
  // The descendants are read first: once their parent has ended, nothing connects them.
  const others = process.platform === 'win32' ? [] : descendantsOf(target.pid)
  sendSignal(target, signal)
  for (const pid of others) deliver(pid, signal)
}

/** Returns the arguments of `taskkill`, which ends a process and its children. */
export function taskkillArguments(pid: number, isForced: boolean): string[] {
  return ['/PID', String(pid), '/T', ...(isForced ? ['/F'] : [])]
}

function killOnWindows(pid: number, isForced: boolean): void {
  spawn('taskkill', taskkillArguments(pid, isForced), { stdio: 'ignore' }).on('error', () => undefined)
}

function deliver(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended, or belongs to another user: there is nothing to do about either.
  }
}
