import type { StorageBackend, TableSource } from '@forge/writer-core'
import type { Host } from '../host.ts'
import type { Output } from '../output/output.ts'
import { hooksFor } from '../storage/hooks.ts'
import { openStorage } from '../storage/open-storage.ts'
import { NAME } from '../version.ts'
import type { CommandContext } from './context.ts'
import type { Settings } from './settings.ts'
import type { TableOptionValues } from './table-options.ts'

export interface Session {
  readonly context: Pick<CommandContext<unknown>, 'settings' | 'openSource' | 'openWriter'>
  /** True if the storage is known to have lost rows, so that results are incomplete. */
  readonly lacksRows: boolean
  /** Closes everything that was opened, newest first. */
  close(): Promise<void>
}

/** Creates the session of a command. Everything is loaded lazily, so that a command without a table loads no engine. */
export function createSession({
  values,
  host,
  output,
  settle,
}: {
  readonly values: TableOptionValues
  readonly host: Host
  readonly output: Output
  /** Stores the runs that wait in the spool. Called once, with the path of the first table before that is opened. Default: nothing is stored. */
  readonly settle?: ((path: string) => Promise<void>) | undefined
}): Session {
  const opened: { close(): Promise<void> }[] = []
  let loading: Promise<Settings> | undefined
  const settings = () => {
    loading ??= import('./settings.ts').then(async ({ loadSettings }) => {
      const loaded = await loadSettings({ values, host })
      for (const warning of loaded.warnings) output.warn(warning)
      return loaded
    })
    return loading
  }
  const open = async (given: Settings, options: { readonly write: boolean; readonly mayBeMissing: boolean }) => {
    const storage: StorageBackend = await openStorage(given, options)
    opened.push(storage)
    opened.push({ close: interruptOn(host.signal, storage) })
    return storage
  }
  let settling: Promise<void> | undefined
  const settleOnce = async ({ path }: Settings) => {
    settling ??= settle?.(path)
    await settling
  }
  let lacksRows = false
  const warnOfLoss = (storage: StorageBackend) => {
    storage.onLoss?.(({ detail }) => {
      lacksRows = true
      output.warn(`${storage.location}: ${detail}; see \`${NAME} doctor\``)
    })
  }
  return {
    get lacksRows() {
      return lacksRows
    },
    context: {
      settings,
      async openSource({
        write = false,
        mayBeMissing = false,
        tableMayBeMissing = mayBeMissing,
        reportsLoss = false,
      } = {}) {
        const [core, given] = await Promise.all([import('@forge/writer-core'), settings()])
        // A command that examines a storage changes nothing before that.
        if (!reportsLoss) await settleOnce(given)
        const storage = await open(given, { write, mayBeMissing })
        if (!reportsLoss) warnOfLoss(storage)
        const source = core.tableSource({ storage, config: given.config, logger: commandLogger(core, given, output) })
        if (!tableMayBeMissing) await assertTable(core, source)
        return source
      },
      async openWriter({ config = {}, hooks = [] } = {}) {
        const [core, given] = await Promise.all([import('@forge/writer-core'), settings()])
        await settleOnce(given)
        const asked = await hooksFor(given.config, { output, env: host.env })
        const storage = await open(given, { write: true, mayBeMissing: true })
        warnOfLoss(storage)
        const writer = await core.createLogWriter({
          storage,
          config: { ...given.config, ...config },
          hooks: [...asked, ...hooks],
          logger: commandLogger(core, given, output),
          now: host.now,
        })
        opened.push(writer)
        return writer
      },
    },
    async close() {
      for (const each of opened.reverse().splice(0)) await each.close()
    },
  }
}

/** Interrupts the engine of a storage when the signal is aborted. Returns a function that ends this. */
function interruptOn(signal: AbortSignal, storage: StorageBackend): () => Promise<void> {
  const interrupt = () => {
    storage.interrupt?.()
    // A statement that begins when the first one has ended would hold up the end of the process.
    setInterval(() => storage.interrupt?.(), INTERRUPT_AGAIN_MS).unref()
  }
  signal.addEventListener('abort', interrupt)
  return async () => signal.removeEventListener('abort', interrupt)
}

const MAX_NAMES = 10
const INTERRUPT_AGAIN_MS = 100

/** Throws if the table does not exist: a wrong name must not look like a log in which nothing happened. */
async function assertTable(core: Core, { config, storage, table }: TableSource): Promise<void> {
  if ((await (await table()).info()).exists) return
  const { tableSchema, tableName } = config
  const wanted = `${tableSchema}.${tableName}`
  const names = ((await storage.listTables?.()) ?? []).map(({ schema, name }) => `${schema}.${name}`)
  const { nearestNames } = await import('@forge/writer-core/storage')
  const near = nearestNames(wanted, names)
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : ''
  throw new core.WriterTableError(`table ${wanted} does not exist in ${storage.location}`, {
    context: { nearest: near },
    suggestions: [
      ...(near.length > 0 ? [`Did you mean ${near.join(', ')}?`] : []),
      'Choose another table with --schema and --table.',
      ...(names.length > 0 ? [`Existing tables: ${names.slice(0, MAX_NAMES).join(', ')}${more}.`] : []),
    ],
  })
}

type Core = typeof import('@forge/writer-core')

/** Creates a logger that writes to standard error at the configured level. */
function commandLogger(core: Core, { config }: Settings, output: Output) {
  return core.createLogger(NAME, { level: config.logLevel, write: (line) => output.note(line.trimEnd()) })
}
