import { type ChildProcess, spawn } from 'node:child_process'
import { exitCodeOf } from './end-like.ts'
import type { KillTarget } from './kill-tree.ts'

export interface SpawnOptions {
  readonly command: readonly string[]
  /** Runs the words of the command as one line of the shell of the system. */
  readonly shell: boolean
  readonly env: NodeJS.ProcessEnv
  readonly stdio: readonly [number, number]
  /** A descriptor for the command, and its number there. */
  readonly extra?: { readonly fd: number; readonly as: number } | undefined
  /** Starts the command in a process group of its own. */
  readonly hasGroup: boolean
}

/** The end of a command, or the reason why it could not start. */
export interface ProcessEnd {
  readonly exitCode: number
  readonly signal?: NodeJS.Signals | undefined
  readonly startError?: NodeJS.ErrnoException | undefined
}

export interface SpawnedCommand {
  /** Undefined if the command could not start. */
  readonly target: KillTarget | undefined
  /** Resolves when the command has ended, although a process in the background may still have its output open. */
  readonly ended: Promise<ProcessEnd>
}

/** Exit codes of shells for a command that does not exist or is not executable. */
export const NOT_FOUND = 127
export const NOT_EXECUTABLE = 126

/** Starts a command. Never throws: a command that cannot start has ended with 126 or 127, as in a shell. */
export function spawnCommand({ command, shell, env, stdio, extra, hasGroup }: SpawnOptions): SpawnedCommand {
  const [file = '', ...args] = shell ? [command.join(' ')] : command
  try {
    const child = spawn(file, args, {
      shell,
      env,
      detached: hasGroup,
      stdio: ['inherit', ...stdio, ...inheritedFds(command, env, extra)],
      windowsHide: true,
    })
    const ended = endOf(child)
    return { target: child.pid === undefined ? undefined : { pid: child.pid, hasGroup }, ended }
  } catch (error) {
    // Arguments that no system accepts, such as a NUL.
    return { target: undefined, ended: Promise.resolve(failedStart(error as NodeJS.ErrnoException)) }
  }
}

function endOf(child: ChildProcess): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      if (child.pid === undefined) resolve(failedStart(error))
    })
    child.once('exit', (code, signal) => {
      // Node reports a signal that it has no name for as neither.
      const end: ProcessEnd = signal === null ? { exitCode: code ?? 128 } : { exitCode: exitCodeOf(signal), signal }
      // The signal of a terminal reaches this process before the command ends by it, but Node may report the end first: the event loop turns once
      // more.
      setImmediate(() => setImmediate(resolve, end))
    })
  })
}

function failedStart(startError: NodeJS.ErrnoException): ProcessEnd {
  // An empty name is the argument that Node refuses; a shell does not find it.
  const isMissing = ['ENOENT', 'ENOTDIR', 'ERR_INVALID_ARG_VALUE'].includes(startError.code ?? '')
  return { exitCode: isMissing ? NOT_FOUND : NOT_EXECUTABLE, startError }
}

/** The number after the last one that is passed on. */
const MAX_FD = 256

/**
 * Returns the descriptors from 3 that the command gets. Node closes those that it has inherited; the command needs the ones that its arguments name,
 * as in `diff <(a) <(b)`, and those of the job server of make.
 */
function inheritedFds(
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  extra: SpawnOptions['extra'],
): ('ignore' | number)[] {
  const named = command.flatMap((word) =>
    [...word.matchAll(/\/(?:dev|proc\/self)\/fd\/(\d{1,3})\b/g)].map(([, fd]) => Number(fd)),
  )
  const [, read, write] = /--jobserver-(?:auth|fds)=(\d{1,3}),(\d{1,3})/.exec(env.MAKEFLAGS ?? '') ?? []
  const passed = new Map([...named, ...[read, write].flatMap((fd) => fd ?? []).map(Number)].map((fd) => [fd, fd]))
  if (extra) passed.set(extra.as, extra.fd)
  const fds: ('ignore' | number)[] = []
  for (const [as, fd] of passed) {
    if (as < 3 || as > MAX_FD) continue
    while (fds.length <= as - 3) fds.push('ignore')
    fds[as - 3] = fd
  }
  return fds
}
