// What the checks of tables in PostgreSQL share: the columns, programs that write, and psql.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { postgresStorage } from '../../../packages/writer-storage-postgres/dist/index.js'

/** True if many processes are to be killed: `run --long`. */
export const IS_LONG = process.argv.includes('--long')

export const COLUMNS = [
  { name: 'id', type: 'string', nullable: true },
  { name: 'row', type: 'int64', nullable: true },
  { name: 'text', type: 'string', nullable: true },
]

const writer = fileURLToPath(new URL('writer.mjs', import.meta.url))

/** Returns the number of rows of a commit: 1 to `most`, always the same for the same id. */
export function rowsOf(id, most) {
  return 1 + (createHash('sha256').update(id).digest().readUInt32BE() % most)
}

/** Returns the command of a process of this project that appends to the table. */
export function ourWriter({ url }, table, name, count, rows) {
  return [process.execPath, [writer, `${url}?application_name=${name}`, table, name, String(count), String(rows)]]
}

/** Opens the table, and closes it after use. */
export async function withTable({ url }, name, use) {
  const storage = postgresStorage({ url })
  try {
    return await use(await storage.openTable({ schema: 'logs', name }))
  } finally {
    await storage.close()
  }
}

/** Waits until the server has ended the session of a writer, which may still commit after the writer was killed. */
export async function untilGone(server, name) {
  for (;;) {
    const [[sessions]] = psql(server, `select count(*) from pg_stat_activity where application_name = '${name}'`)
    if (sessions === '0') return
    await sleep(20)
  }
}

/** Runs SQL in psql. Returns its rows as arrays of text. */
export function psql({ url, programs }, sql) {
  const args = [url, '--no-psqlrc', '-v', 'ON_ERROR_STOP=1', '-A', '-t', '-F', '\t', '-c', sql]
  const { status, stdout, stderr } = spawnSync(join(programs, 'psql'), args, { encoding: 'utf8', maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(`psql failed: ${stderr}`)
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'))
}
