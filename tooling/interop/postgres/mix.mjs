// Appenders, mergers and deleters of one table that are killed at random points of their writes.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { postgresStorage } from '../../../packages/writer-storage-postgres/dist/index.js'
import { IS_LONG, psql, rowsOf, untilGone, withTable } from './harness.mjs'

const KILLS = IS_LONG ? 200 : 18
const AT_ONCE = 6
const KINDS = ['append', 'merge', 'delete']
/** The operations of a writer; an even number, so that a deleter ends with a delete. */
const COUNT = 10
const MAX_ROWS = 400
const MAX_MS = 80
const program = fileURLToPath(new URL('mixed-writer.mjs', import.meta.url))

/**
 * Kills each writer once. What it acknowledged is done, and each operation is done as a whole or not at all. Then each writer does all of its operations
 * again, of which every one takes effect once.
 */
export async function checkMix(server, tally, run) {
  const names = Array.from({ length: KILLS }, (_none, at) => [KINDS[at % KINDS.length], `x${at}`])
  const next = names[Symbol.iterator]()
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const [kind, name] of next) await killOne(server, { kind, name }, tally, run)
    }),
  )
  process.stdout.write(`${KILLS} appenders, mergers and deleters killed\n`)
  for (const [kind, name] of names) checkState(server, { kind, name }, COUNT, { tally, when: 'at the end' })
  await withTable(server, 'mix', async (table) => {
    const { totalVersions, versions } = await table.history()
    tally.same('versions of the mix have no gap', [totalVersions, versions.at(-1).version], [KILLS * COUNT, 0])
  })
  const storage = postgresStorage({ url: server.url })
  const { healthy } = await storage.doctor({ deep: true })
  await storage.close()
  tally.check('the journal of the mix counts every row', healthy)
}

async function killOne(server, { kind, name }, tally, run) {
  const args = [program, `${server.url}?application_name=${name}`, 'mix', kind, name, String(COUNT)]
  const acknowledged = await runAndKill(args)
  await untilGone(server, name)
  const done = operationsDone(server, name)
  tally.check(
    `${name} has at most one operation without an answer`,
    done - acknowledged >= 0 && done - acknowledged <= 1,
  )
  checkState(server, { kind, name }, done, { tally, when: 'after the kill' })
  await run(process.execPath, args)
}

/** Runs a writer and kills it after a random number of operations and a random time. Resolves with the number of those that it acknowledged. */
async function runAndKill(args) {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  const after = Math.floor(Math.random() * COUNT)
  let text = ''
  const lines = () => text.split('\n').length - 1
  let isDue = false
  const kill = async () => {
    if (isDue || lines() < after) return
    isDue = true
    await sleep(Math.random() * MAX_MS)
    child.kill('SIGKILL')
  }
  child.stdout.on('data', (part) => {
    text += part
    void kill()
  })
  if (after === 0) setTimeout(kill, 250)
  await ended
  return lines()
}

/** Returns the number of operations of a writer in the journal. */
function operationsDone(server, name) {
  const [[exists]] = psql(server, `select to_regclass('forge_writer.versions') is not null`)
  if (exists !== 't') return 0
  const where = `table_name = 'mix' and batch_id ~ '^${name}-\\d+$'`
  return Number(psql(server, `select count(*) from forge_writer.versions where ${where}`)[0][0])
}

/** Compares the rows of a writer with those that its operations leave. */
function checkState(server, { kind, name }, done, { tally, when }) {
  const [[exists]] = psql(server, `select to_regclass('logs.mix') is not null`)
  const where = kind === 'append' ? `text = '${name}'` : `id = '${name}'`
  const select = `select count(*), count(distinct (id, row)), coalesce(min(text), ''), coalesce(max(text), '') from logs.mix where ${where}`
  const found = exists === 't' ? psql(server, select)[0] : ['0', '0', '', '']
  const [rows, text] = expectedOf(kind, name, done)
  tally.same(`${name} (${kind}) has the rows of ${done} operations ${when}`, found.map(String), [
    String(rows),
    String(rows),
    ...(rows === 0 ? ['', ''] : [text, text]),
  ])
}

function expectedOf(kind, name, done) {
  if (kind === 'merge') return [done === 0 ? 0 : MAX_ROWS, String(done - 1)]
  if (kind === 'delete') return [done % 2 === 0 ? 0 : MAX_ROWS, String(done - 1)]
  const rows = Array.from({ length: done }, (_none, at) => rowsOf(`${name}-${at}`, MAX_ROWS))
  return [rows.reduce((sum, count) => sum + count, 0), name]
}
