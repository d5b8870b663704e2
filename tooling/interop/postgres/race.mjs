// Many processes that append to one table while others read it.
import { ourWriter, psql, rowsOf, withTable } from './harness.mjs'

const WRITERS = 8
/** The commits of each process; `run 20` makes fewer. */
const COMMITS = Number(process.argv.slice(2).find((each) => /^\d+$/.test(each)) ?? 200)
const MAX_ROWS = 20

/** Lets processes append at once while readers look on, this project and psql. */
export async function checkRace(server, tally, run) {
  await run(...ourWriter(server, 'race', 'first', 1, MAX_ROWS))
  const started = Date.now()
  const writers = Array.from({ length: WRITERS }, (_none, at) =>
    run(...ourWriter(server, 'race', `w${at}`, COMMITS, MAX_ROWS)),
  )
  const ended = Promise.allSettled(writers)
  const watching = [watchRows(server, ended), watchJournal(server, ended)]
  const stored = (await Promise.all(writers)).flat()
  const seconds = (Date.now() - started) / 1000
  const commits = WRITERS * COMMITS
  process.stdout.write(`${commits} commits of ${WRITERS} processes in ${seconds.toFixed(1)} s\n`)
  tally.check(`${WRITERS} processes store ${COMMITS} commits each`, stored.length === commits)
  tally.check('no commit is found before it was made', !stored.some((line) => line.endsWith('known')))
  await withTable(server, 'race', async (table) => {
    const { versions, totalVersions } = await table.history()
    const numbers = versions.map(({ version }) => version).reverse()
    tally.same(
      'every commit is one version, and no version is missing',
      [totalVersions, numbers],
      [commits + 1, numbers.map((_version, at) => at)],
    )
  })
  const expected = stored.map((line) => line.split(' ').slice(0, 2)).sort(byId)
  const found = psql(server, `select id, count(*) from logs.race where id <> 'first-0' group by id`).sort(byId)
  tally.same('psql finds every row once', found, expected)
  for (const [who, rounds, problems] of await Promise.all(watching)) {
    process.stdout.write(`${who} looked ${rounds} times\n`)
    tally.same(`${who} saw only whole commits, and never fewer than before`, problems, [])
    tally.check(`${who} looked more than once`, rounds > 1)
  }
}

/** Counts the rows of each commit, with this project, until the writers have ended. */
async function watchRows(server, ended) {
  const problems = []
  let rounds = 0
  let before = 0
  await withTable(server, 'race', (table) =>
    until(ended, async () => {
      const rows = await table.aggregate({
        groupBy: [{ by: { kind: 'column', name: 'id' }, as: 'id' }],
        measures: [{ fn: 'count', as: 'rows' }],
      })
      for (const { id, rows: found } of rows) {
        if (Number(found) !== rowsOf(id, MAX_ROWS)) problems.push(`${id} has ${found} rows`)
      }
      if (rows.length < before) problems.push(`${rows.length} commits after ${before}`)
      before = rows.length
      const { rowCount, version } = await table.info()
      if (version + 1 < before || rowCount < version) problems.push(`${rowCount} rows in version ${version}`)
      rounds++
    }),
  )
  return ['this project', rounds, problems]
}

/** Compares rows and journal, with psql, until the writers have ended. */
async function watchJournal(server, ended) {
  const problems = []
  let rounds = 0
  await until(ended, async () => {
    const [[rows, counted, versions, last]] = psql(
      server,
      `select (select count(*) from logs.race), sum(rows_inserted), count(*), max(version) + 1
       from forge_writer.versions where table_schema = 'logs' and table_name = 'race'`,
    )
    if (rows !== counted || versions !== last)
      problems.push(`${rows} rows of ${counted}, ${versions} of ${last} versions`)
    rounds++
    // psql blocks this process, and the other reader needs its turn.
    await new Promise((resolve) => setTimeout(resolve, 100))
  })
  return ['psql', rounds, problems]
}

async function until(ended, look) {
  let isOver = false
  void ended.then(() => {
    isOver = true
  })
  while (!isOver) await look()
}

function byId([a], [b]) {
  return a < b ? -1 : 1
}
