import { isatty } from 'node:tty'
import { type KillTarget, sendSignal, sendToTree } from './kill-tree.ts'
import { processFacts } from './process-table.ts'

/** The signals that ask the command to end. */
const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const
const FORWARDED = [...STOPPING, 'SIGUSR1', 'SIGUSR2'] as const

/** Passes the signals that this process receives on to the command. */
export interface SignalRelay {
  /** The last signal that asks the command to end; undefined if there was none. */
  readonly stopped: NodeJS.Signals | undefined
  /** Aborted by the first signal that arrives while no command is running, such as between two attempts or while a run is stored. */
  readonly idle: AbortSignal
  /** Names the command that receives signals from now on; undefined while no command runs. */
  target(target: KillTarget | undefined): void
  /** Stops listening, so that the next signal has its default effect. */
  close(): void
}

/** Starts to pass on signals. Must be called before the command starts, so that none is lost. */
export function relaySignals(): SignalRelay {
  const idle = new AbortController()
  let current: KillTarget | undefined
  let stopped: NodeJS.Signals | undefined
  let interrupts = 0
  const onSignal = (signal: NodeJS.Signals) => {
    if (isStopping(signal)) stopped = signal
    if (current === undefined) {
      if (isStopping(signal)) idle.abort(signal)
      return
    }
    if (!comesFromTerminal(signal)) return sendSignal(current, signal)
    // The terminal has sent the signal to the command as well: a second delivery would look like a second Ctrl-C.
    interrupts++
    if (interrupts === 2) sendToTree(current, 'SIGTERM')
    if (interrupts > 2) sendToTree(current, 'SIGKILL')
  }
  for (const signal of FORWARDED) process.on(signal, onSignal)
  return {
    get stopped() {
      return stopped
    },
    idle: idle.signal,
    target(target) {
      current = target
      interrupts = 0
    },
    close() {
      for (const signal of FORWARDED) process.off(signal, onSignal)
    },
  }
}

/** Returns whether this process has a terminal, whose keys send signals and may stop background processes that read. */
export function hasTerminal(): boolean {
  const facts = processFacts('self')
  return facts === undefined ? [0, 1, 2].some((fd) => isatty(fd)) : facts.terminal !== 0
}

function isStopping(signal: NodeJS.Signals): boolean {
  return STOPPING.some((each) => each === signal)
}

/** Keys send SIGINT and SIGQUIT to all processes in the foreground of the terminal. */
function comesFromTerminal(signal: NodeJS.Signals): boolean {
  if (signal !== 'SIGINT' && signal !== 'SIGQUIT') return false
  const facts = processFacts('self')
  return facts === undefined ? hasTerminal() : facts.terminal !== 0 && facts.foregroundGroup === facts.group
}
