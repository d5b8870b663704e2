// Writers that are killed at random points of their appends.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { IS_LONG, ourWriter, psql, rowsOf, untilGone, withTable } from './harness.mjs'

const WRITERS = IS_LONG ? 200 : 50
const AT_ONCE = 4
const COMMITS = 12
/** The most rows of a commit: copying them takes longer than the rest of an append. */
const MAX_ROWS = 4000
const MAX_MS = 60

/**
 * Kills each writer after a random number of commits and a random time. An acknowledged commit is stored, one without an answer is stored whole or not
 * at all, and the same writer finds the stored ones when it starts again.
 */
export async function checkKills(server, tally, run) {
  const names = Array.from({ length: WRITERS }, (_none, at) => `k${at}`)
  const unanswered = { stored: 0, lost: 0 }
  const next = names[Symbol.iterator]()
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const name of next) await killOne(server, name, tally, run, unanswered)
    }),
  )
  process.stdout.write(
    `${WRITERS} writers killed: of the appends without an answer, ${unanswered.stored} were stored and ${unanswered.lost} were not\n`,
  )
  const expected = names
    .flatMap((name) => Array.from({ length: COMMITS }, (_none, at) => `${name}-${at}`))
    .map((id) => [id, String(rowsOf(id, MAX_ROWS))])
  tally.same('every batch is stored whole and once', storedIn(server), expected.sort(byId))
  const rows = expected.reduce((sum, [, count]) => sum + Number(count), 0)
  await withTable(server, 'kills', async (table) => {
    const { totalVersions, versions } = await table.history()
    tally.same('versions have no gap', [totalVersions, versions.at(-1).version], [WRITERS * COMMITS, 0])
    tally.same('the journal counts every row', [(await table.info()).rowCount], [rows])
  })
}

async function killOne(server, name, tally, run, unanswered) {
  const writer = ourWriter(server, 'kills', name, COMMITS, MAX_ROWS)
  const acknowledged = await runAndKill(writer)
  await untilGone(server, name)
  const stored = new Map(storedIn(server, name))
  for (const id of acknowledged) {
    tally.check(`${id}, which was acknowledged, is stored whole`, stored.get(id) === String(rowsOf(id, MAX_ROWS)))
  }
  const open = [...stored.keys()].filter((id) => !acknowledged.includes(id))
  tally.check(`${name} stores at most one append without an answer`, open.length <= 1)
  if (open.length === 1) unanswered.stored++
  else if (acknowledged.length < COMMITS) unanswered.lost++
  const again = (await run(...writer)).map((line) => line.split(' '))
  tally.same(
    `${name} finds what it stored when it starts again`,
    again
      .filter(([, , what]) => what === 'known')
      .map(([id]) => id)
      .sort(),
    [...stored.keys()].sort(),
  )
}

/** Runs a writer and kills it. Resolves with the ids that it acknowledged. */
async function runAndKill([command, args]) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
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
  // A writer that is killed before its first commit has printed nothing.
  if (after === 0) setTimeout(kill, 250)
  await ended
  const lines = text.split('\n').slice(0, -1)
  return lines.map((line) => line.split(' ')[0])
}

/** Returns each stored batch with the number of its rows; of all writers without a name. */
function storedIn(server, name) {
  const [[exists]] = psql(server, `select to_regclass('logs.kills') is not null`)
  if (exists !== 't') return []
  const where = name === undefined ? '' : `where id like '${name}-%'`
  return psql(server, `select id, count(*) from logs.kills ${where} group by id`).sort(byId)
}

function byId([a], [b]) {
  return a < b ? -1 : 1
}
