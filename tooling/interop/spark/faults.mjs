// Writers that are killed, and a server that is stopped while it is written to.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { append, ROWS, storedIn, withTable } from './harness.mjs'

const WRITERS = 6
const AT_ONCE = 2
const COMMITS = 3
/** An append takes some hundred milliseconds. */
const MAX_MS = 600
const RESTARTS = 2

/**
 * Kills each writer after a random number of commits and a random time, and starts it again. An acknowledged commit is stored, and in the end each
 * one is stored whole and once.
 */
export async function checkKills({ url, folder }, tally) {
  const path = join(folder, 'kills')
  const names = Array.from({ length: WRITERS }, (_none, at) => `k${String(at).padStart(2, '0')}`)
  const next = names[Symbol.iterator]()
  await withTable({ url, path }, (table) => append(table, 'first'))
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const name of next) await killOne({ url, path, name }, tally)
    }),
  )
  const ids = ['first', ...names.flatMap((name) => Array.from({ length: COMMITS }, (_none, at) => `${name}-${at}`))]
  await withTable({ url, path }, async (table) => {
    const expected = ids.sort().map((id) => [id, ROWS])
    tally.same('every batch of a killed writer is stored whole and once', await storedIn(table), expected)
    tally.same('each batch is one version', [(await table.info()).version], [ids.length - 1])
  })
}

async function killOne({ url, path, name }, tally) {
  const args = [fileURLToPath(new URL('writer.mjs', import.meta.url)), url, path, name, String(COMMITS)]
  const acknowledged = await runAndKill(args)
  const stored = await withTable({ url, path }, storedIn)
  for (const id of acknowledged) {
    tally.check(
      `${id}, which was acknowledged, is stored whole`,
      stored.some(([known, rows]) => known === id && rows === ROWS),
    )
  }
  const again = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const [code] = await once(again, 'close')
  tally.check(`${name} ends well when it starts again (${code})`, code === 0)
}

/** Runs a writer and kills it. Resolves with the ids that it acknowledged. */
async function runAndKill(args) {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  const after = Math.floor(Math.random() * COMMITS)
  let text = ''
  let isDue = false
  const kill = async () => {
    if (isDue || text.split('\n').length - 1 < after) return
    isDue = true
    await sleep(Math.random() * MAX_MS)
    child.kill('SIGKILL')
  }
  child.stdout.on('data', (part) => {
    text += part
    void kill()
  })
  if (after === 0) setTimeout(kill, 400)
  await ended
  const lines = text.split('\n').slice(0, -1)
  return lines.map((line) => line.split(' ')[0])
}

/** Stops the server while appends run, and starts it again. The storage goes on with a new session, and the same batches are stored once. */
export async function checkRestarts(server, tally) {
  const { url, folder } = server
  const options = { url, path: join(folder, 'restarts'), reconnectMs: 4_000 }
  const ids = ['before']
  await withTable(options, async (table) => {
    await append(table, 'before')
    for (let at = 0; at < RESTARTS; at++) {
      const running = [0, 1].map((part) => `restart-${at}-${part}`)
      ids.push(...running)
      const outcomes = Promise.all(
        running.map((id) =>
          append(table, id).then(
            () => 'yes',
            (error) => error.committed ?? `an error without an outcome: ${error.message}`,
          ),
        ),
      )
      await sleep(Math.random() * MAX_MS)
      const isBack = server.restart()
      const found = await outcomes
      await isBack
      for (const [part, outcome] of found.entries()) await checkOutcome({ table, id: running[part], outcome }, tally)
    }
  })
  await withTable(options, async (table) => {
    tally.same(
      'every batch is stored whole and once',
      await storedIn(table),
      ids.sort().map((id) => [id, ROWS]),
    )
  })
}

async function checkOutcome({ table, id, outcome }, tally) {
  tally.check(`${id} says whether it was stored (${outcome})`, ['yes', 'no', 'unknown'].includes(outcome))
  const isStored = (await table.findBatch(id)) !== undefined
  if (outcome !== 'unknown') tally.check(`${id} was stored: ${outcome}`, isStored === (outcome === 'yes'))
  const { alreadyWritten } = await append(table, id)
  tally.check(`${id} is stored by the same call once`, alreadyWritten === isStored)
}
