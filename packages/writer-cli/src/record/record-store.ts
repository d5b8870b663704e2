import { resolve } from 'node:path'
import type { EarlyPlace, RecordContext, RunStore } from '@forge/writer-record/command'
import { DEFAULT_PATH, placeWithoutFile } from '../command/settings.ts'
import type { TableOptionValues } from '../command/table-options.ts'

import { collection } from './collect.ts'
import type { RecordOptionValues } from './record-options.ts'
import type { RunLog } from './run-log.ts'

interface Surroundings extends Omit<RecordContext, 'store'> {
  readonly command: readonly string[]
}

/**
 * Returns what the recording of a command needs. Settings, storage and writer are loaded when they are asked for. Throws UsageError for an unknown
 * kind of file.
 */
export function recordContext(
  values: RecordOptionValues & TableOptionValues,
  { command, cwd, env, say }: Surroundings,
): RecordContext {
  const collected = collection(values.collect, { command, cwd, env })
  let opening: Promise<RunLog> | undefined
  let earlyPlace: { readonly found: EarlyPlace | undefined } | undefined
  const open = () => {
    opening ??= import('./run-log.ts').then(({ openRunLog }) => openRunLog(values, { cwd, env, say }))
    return opening
  }
  const store: RunStore = {
    early() {
      earlyPlace ??= { found: knownPlace(values, { cwd, env }) }
      return earlyPlace.found
    },
    fallbackPath: resolve(cwd, DEFAULT_PATH),
    async locate() {
      return (await open()).place
    },
    async store(signal) {
      for (const warning of collected.warnings()) say(warning)
      await (await open()).store(signal)
    },
    variables: () => collected.variables,
    collect: collected.find,
  }
  return { env, cwd, say, store }
}

/** Returns undefined also if the settings have an error: it is reported when the run is stored, and the command runs nevertheless. */
function knownPlace(
  values: TableOptionValues,
  surroundings: Pick<Surroundings, 'cwd' | 'env'>,
): EarlyPlace | undefined {
  try {
    return placeWithoutFile(values, surroundings)
  } catch {
    return undefined
  }
}
