import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isatty } from 'node:tty'
import { closeQuietly, copyStream, type StreamCopy, writeAll } from './copy-stream.ts'
import { openPipe, type Pipe } from './pipe.ts'
import type { PrefixedLines } from './prefixed-lines.ts'
import { type KeptOutput, type TailBuffer, tailBuffer } from './tail-buffer.ts'

/** The streams whose end is kept. `auto`: standard error unless it is a terminal, which the command then keeps. */
export type Capture = 'auto' | 'stderr' | 'all' | 'none'

export interface OutputOptions {
  readonly capture: Capture
  /** Holds all output back and shows it only if the command fails. */
  readonly quietOnSuccess: boolean
  /** Finds figures in standard output, which is then read. */
  readonly figures?: PrefixedLines | undefined
}

/** The standard streams of one attempt of a command. */
export interface ChildOutput {
  /** The descriptors 1 and 2 of the command. */
  readonly stdio: readonly [number, number]
  /** The reason why nothing is kept although it was requested. */
  readonly problem?: string | undefined
  /** The descriptors of this process that pipes stand in for. */
  readonly replaced: readonly number[]
  /** Called once the command has started, or failed to. */
  started(): void
  /** Copies the rest of the output, and resolves with the parts that are kept. Called after the command has ended. */
  finish(options: { readonly graceMs: number; readonly succeeded: boolean }): Promise<OutputParts>
}

export interface OutputParts {
  readonly stdout?: KeptOutput | undefined
  readonly stderr?: KeptOutput | undefined
  /** Both streams, if the caller has joined them. */
  readonly output?: KeptOutput | undefined
}

type StreamName = keyof OutputParts

/** One pipe of a command, on its way to a descriptor of this process. */
interface Channel {
  readonly name: StreamName
  readonly pipe: Pipe
  readonly tail: TailBuffer | undefined
  readonly held: HeldOutput | undefined
  readonly to: number
}

/** Prepares the output of a command. Streams that need not be read are passed on as they are. */
export function childOutput({ capture, quietOnSuccess, figures }: OutputOptions): ChildOutput {
  const channels: Channel[] = []
  let problem: string | undefined
  const open = (name: StreamName, to: number, isKept: boolean): number => {
    const pipe = openPipe()
    const held = quietOnSuccess ? holdOutput() : undefined
    if (pipe === undefined || (quietOnSuccess && held === undefined)) {
      problem = 'no pipe could be created in the temporary folder'
      if (pipe) for (const fd of [pipe.readFd, pipe.writeFd]) closeQuietly(fd)
      held?.discard()
      return to
    }
    channels.push({ name, pipe, tail: isKept ? tailBuffer() : undefined, held, to })
    return pipe.writeFd
  }
  const stdio = streamsOf({ capture, quietOnSuccess, figures }, open)
  const copies: StreamCopy[] = []
  return {
    stdio,
    problem,
    replaced: [1, 2].filter((fd) => stdio[fd - 1] !== fd),
    started() {
      for (const { name, pipe, tail, held, to } of channels) {
        closeSync(pipe.writeFd)
        const found = name === 'stderr' ? undefined : figures
        const onChunk = (chunk: Uint8Array) => {
          tail?.push(chunk)
          found?.push(chunk)
        }
        copies.push(copyStream(pipe.readFd, { to: held?.fd ?? to, onChunk }))
      }
    },
    async finish({ graceMs, succeeded }) {
      await Promise.all(copies.map((copy) => copy.finish(graceMs)))
      figures?.end()
      for (const { held, to } of channels) {
        if (!succeeded) await held?.show(to)
        held?.discard()
      }
      return Object.fromEntries(channels.flatMap(({ name, tail }) => (tail ? [[name, tail.read()]] : [])))
    },
  }
}

/** Returns descriptors 1 and 2 of the command. Streams that the caller has joined stay joined, so that their order is kept. */
function streamsOf(
  { capture, quietOnSuccess, figures }: OutputOptions,
  open: (name: StreamName, to: number, isKept: boolean) => number,
): readonly [number, number] {
  if (process.platform === 'win32') return [1, 2]
  const keepsStderr = capture === 'stderr' || capture === 'all' || (capture === 'auto' && !isatty(2) && !isNull(2))
  const keepsStdout = capture === 'all'
  const readsStdout = keepsStdout || quietOnSuccess || figures !== undefined
  if (!keepsStderr && !readsStdout) return [1, 2]
  if (areJoined(1, 2)) {
    const fd = open('output', 1, keepsStderr)
    return [fd, fd === 1 ? 2 : fd]
  }
  return [
    readsStdout ? open('stdout', 1, keepsStdout) : 1,
    keepsStderr || quietOnSuccess ? open('stderr', 2, keepsStderr) : 2,
  ]
}

function areJoined(one: number, other: number): boolean {
  try {
    const [a, b] = [fstatSync(one), fstatSync(other)]
    return a.dev === b.dev && a.ino === b.ino
  } catch {
    return false
  }
}

function isNull(fd: number): boolean {
  try {
    return fstatSync(fd).isCharacterDevice()
  } catch {
    return true
  }
}

/** Output on disk that is shown later, or never. */
interface HeldOutput {
  readonly fd: number
  show(to: number): Promise<void>
  discard(): void
}

const SHOWN_BYTES = 64 * 1024

function holdOutput(): HeldOutput | undefined {
  try {
    const folder = mkdtempSync(join(tmpdir(), 'forge-writer-'))
    const fd = openSync(join(folder, 'output'), 'wx+', 0o600)
    rmSync(folder, { recursive: true, force: true })
    return {
      fd,
      async show(to) {
        const buffer = Buffer.alloc(SHOWN_BYTES)
        for (let at = 0; ; ) {
          const length = readSync(fd, buffer, 0, SHOWN_BYTES, at)
          if (length === 0) return
          at += length
          // The reader of the output is gone, so nothing is lost.
          await writeAll(to, buffer.subarray(0, length)).catch(() => undefined)
        }
      },
      discard: () => closeQuietly(fd),
    }
  } catch {
    return undefined
  }
}
