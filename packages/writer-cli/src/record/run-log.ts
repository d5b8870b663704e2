import { Readable } from 'node:stream'
import { needsSettling, settleSpool } from '@forge/writer-record'
import type { RecordContext, RunPlace } from '@forge/writer-record/command'
import { createSession } from '../command/session.ts'
import { loadSettings } from '../command/settings.ts'
import type { TableOptionValues } from '../command/table-options.ts'
import type { Host } from '../host.ts'
import { createOutput } from '../output/output.ts'
import { foldersToSettle } from './folders-to-settle.ts'
import { recordCollected } from './record-collected.ts'

/** The log to which `record` writes. */
export interface RunLog {
  readonly place: RunPlace
  /** Stores what lies in the spool. */
  store(signal: AbortSignal): Promise<void>
}

/** Loads the settings, and the engine in the background, so that it is there when the command ends. */
export async function openRunLog(
  values: TableOptionValues,
  { cwd, env, say }: Pick<RecordContext, 'cwd' | 'env' | 'say'>,
): Promise<RunLog> {
  const host: Host = {
    stdin: Readable.from([]),
    stdout: silent,
    stderr: messages(say),
    env,
    cwd,
    now: () => new Date(),
    signal: new AbortController().signal,
  }
  const { path, storage, config } = await loadSettings({ values, host })
  // A failure appears when the storage is opened.
  void import('../storage/backends.ts').then(({ preloadBackend }) => preloadBackend(storage)).catch(() => undefined)
  return {
    place: { path, table: { schema: config.tableSchema, name: config.tableName } },
    async store(signal) {
      const folders = foldersToSettle(path, values, host)
      if (!needsSettling(folders)) return
      const session = createSession({ values, host, output: createOutput(host) })
      try {
        const writer = await session.context.openWriter()
        const onStored = recordCollected(session.context.openWriter, say)
        await settleSpool(writer, { folders, signal, onStored })
      } finally {
        await session.close()
      }
    },
  }
}

const silent: Host['stdout'] = { write: () => true, once: () => undefined }

function messages(say: (message: string) => void): Host['stderr'] {
  return {
    ...silent,
    write(text) {
      say(String(text).trimEnd())
      return true
    },
  }
}
