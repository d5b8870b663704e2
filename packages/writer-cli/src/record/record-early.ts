import { writeSync } from 'node:fs'
import { endLike, recordCommand } from '@forge/writer-record/command'
import { currentFolder } from '../command/current-folder.ts'
import { TABLE_OPTIONS } from '../command/table-options.ts'
import { assertKinds } from './collect.ts'
import { parseEarly } from './parse-early.ts'
import { RECORD_OPTIONS, requestOf } from './record-options.ts'
import { recordContext } from './record-store.ts'

/**
 * Starts the command of `record` and ends this process as the command ends. Returns false for a command line that shows help or has an error, which
 * the rest of the program reports.
 */
export function recordEarly(argv: readonly string[]): boolean {
  const line = parseEarly(argv, { ...RECORD_OPTIONS, ...TABLE_OPTIONS })
  if (line === undefined || line.args.length === 0) return false
  try {
    assertKinds(line.options.collect)
  } catch {
    return false
  }
  const context = recordContext(line.options, { command: line.args, cwd: currentFolder(), env: process.env, say })
  void recordCommand(requestOf(line.options, line.args), context).then(endLike)
  return true
}

function say(message: string): void {
  try {
    writeSync(2, `forge-writer: ${message}\n`)
  } catch {
    // Nobody reads the output any more.
  }
}
