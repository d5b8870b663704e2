import { spawn } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import type { Host } from '../host.ts'
import type { Output } from './output.ts'

export interface Desktop {
  readonly env: Host['env']
  readonly output: Pick<Output, 'note' | 'warn'>
  /** Default: that of this process. */
  readonly platform?: NodeJS.Platform | undefined
}

/** The time within which a program of the desktop reports that it cannot open something. */
const PROBLEM_MS = 1000

/**
 * Opens a file or an address in the program of the desktop for it, without a shell. Resolves when that has ended, at the latest after a second.
 * Without a desktop, as on a server or over SSH, it prints what to open.
 */
export async function openFile(target: string, { env, output, platform = process.platform }: Desktop): Promise<void> {
  const address = /^https?:/.test(target) ? target : pathToFileURL(target).href
  const reason = reasonWithoutDesktop(env, platform)
  if (reason !== undefined) {
    output.note(`${reason}: open ${address} in a browser`)
    return
  }
  const problem = await openWith(commandFor(target, platform), env)
  if (problem !== undefined) output.warn(`${problem}: open ${address} in a browser`)
}

/** Returns why nothing can be opened here; undefined if it can. */
function reasonWithoutDesktop(env: Host['env'], platform: NodeJS.Platform): string | undefined {
  const isRemote = Boolean(env.SSH_CONNECTION || env.SSH_TTY)
  const hasDisplay = Boolean(env.DISPLAY || env.WAYLAND_DISPLAY)
  // A display can be forwarded over SSH; the desktops of macOS and Windows cannot.
  if (platform === 'darwin' || platform === 'win32') return isRemote ? 'this is a session over SSH' : undefined
  if (hasDisplay) return undefined
  return isRemote ? 'this session over SSH has no display' : 'this machine has no desktop'
}

function commandFor(target: string, platform: NodeJS.Platform): readonly [string, ...string[]] {
  if (platform === 'darwin') return ['open', target]
  if (platform === 'win32') return ['explorer', target]
  return ['xdg-open', target]
}

/** Starts a program and resolves with its problem; with undefined if it has none, or none yet. */
function openWith([command, ...args]: readonly [string, ...string[]], env: Host['env']): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { detached: true, stdio: 'ignore', env: { ...env } })
    const timer = setTimeout(() => resolve(undefined), PROBLEM_MS)
    const end = (problem: string | undefined) => {
      clearTimeout(timer)
      resolve(problem)
    }
    child.once('error', ({ message }) => end(message))
    // The explorer of Windows ends with 1 whatever it did.
    child.once('exit', (code) => end(code && command !== 'explorer' ? `${command} ended with ${code}` : undefined))
    child.unref()
  })
}
