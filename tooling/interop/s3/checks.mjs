// Checks that writers of one table on an object store lose nothing, and that other engines read it and write to it at the same time.
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { faultProxy } from '../../fixtures/dist/s3/index.js'
import { counter, runner } from '../tally.mjs'
import { addressOf, erase, idsOf, ourWriter, withTable } from './harness.mjs'
import { checkJava } from './java-checks.mjs'

const WRITERS = 8
/** The commits of each process; `run 20` makes fewer. */
const COMMITS = Number(process.argv[2] ?? 200)
const OTHERS = 20
/** The number of times that a commit may be put, over all writers. */
const MAX_PUTS = 4
const engines = fileURLToPath(new URL('engines.py', import.meta.url))

/** Runs all checks. Resolves with the exit code. */
export async function checkAll(server, { python, java, spark }) {
  const tally = counter()
  const run = runner(tally)
  const proxy = await faultProxy(server.endpoint)
  await checkRace(server, proxy, tally, run)
  await proxy[Symbol.asyncDispose]()
  if (python) await checkEngines(server, python, tally, run)
  if (java) await checkJava(server, { java, spark, python }, tally, run)
  process.stdout.write(`${tally.passed} passed, ${tally.failed} failed\n`)
  return tally.failed === 0 ? 0 : 1
}

/** Lets many processes append at once while readers look on. */
async function checkRace(server, proxy, tally, run) {
  const prefix = `race-${randomUUID()}`
  const env = { ...server.env, AWS_ENDPOINT_URL_S3: proxy.endpoint }
  await run(...ourWriter(server, prefix, 'first', 1), env)
  proxy.requests.splice(0)
  const started = Date.now()
  const writers = Array.from({ length: WRITERS }, (_none, at) =>
    run(...ourWriter(server, prefix, `w${at}`, COMMITS), env),
  )
  const watching = watch(server, prefix, Promise.allSettled(writers))
  const stored = (await Promise.all(writers)).flat()
  const seconds = (Date.now() - started) / 1000
  const puts = proxy.requests.filter(
    ({ method, path }) => method === 'PUT' && /_delta_log\/\d{20}\.json/.test(path),
  ).length
  const commits = WRITERS * COMMITS
  process.stdout.write(
    `${commits} commits of ${WRITERS} processes in ${seconds.toFixed(0)} s: ${(puts / commits).toFixed(2)} puts of commits and ${(proxy.requests.length / commits).toFixed(2)} requests per commit\n`,
  )
  tally.check(`${WRITERS} processes store ${COMMITS} commits each`, stored.length === commits)
  tally.check(`a commit is put at most ${MAX_PUTS} times`, puts / commits <= MAX_PUTS)
  await withTable(server, prefix, async (table) => {
    const { versions, totalVersions } = await table.history()
    tally.check(
      'every commit is one version, and no version is missing',
      totalVersions === commits + 1 && versions.at(-1).version === 0,
    )
    tally.same('every row is there once', await idsOf(table), ['first-0', ...stored].sort())
  })
  tally.check('readers saw only whole commits, and never fewer than before', await watching)
}

/** Reads the table until the writers have ended. Resolves with true if no count fell and none differed from the version. */
async function watch(server, prefix, ended) {
  let isOver = false
  void ended.then(() => {
    isOver = true
  })
  let isFine = true
  let before = 0
  await withTable(server, prefix, async (table) => {
    while (!isOver) {
      const { rowCount, version } = await table.info()
      // Each commit adds one row.
      if (rowCount !== version + 1 || rowCount < before) isFine = false
      before = rowCount
    }
  })
  return isFine
}

/** Lets delta-rs and this project write in turn and at once, and compares what each reads. */
async function checkEngines(server, python, tally, run) {
  const prefix = `engines-${randomUUID()}`
  const { env } = server
  const location = addressOf(server, prefix)
  const ours = (name, count) => run(...ourWriter(server, prefix, name, count), env)
  const theirs = (name, count) => run(python, [engines, 'delta-rs', 'write', location, name, String(count)], env)
  const compare = async (when, expected) => {
    await withTable(server, prefix, async (table) =>
      tally.same(`this project reads every row ${when}`, await idsOf(table), expected),
    )
    for (const engine of ['delta-rs', 'duckdb']) {
      const [text] = await run(python, [engines, engine, 'read', location], env)
      tally.same(`${engine} reads every row ${when}`, JSON.parse(text ?? '[]'), expected)
    }
  }
  const stored = await ours('first', 1)
  for (const round of [0, 1, 2]) {
    stored.push(...(await theirs(`theirs${round}`, 2)))
    stored.push(...(await ours(`ours${round}`, 2)))
  }
  await compare('after writes in turn', stored.toSorted())
  const names = ['a', 'b'].flatMap((name) => [theirs(`their-${name}`, OTHERS), ours(`our-${name}`, OTHERS)])
  stored.push(...(await Promise.all(names)).flat())
  await compare('after writes at the same time', stored.toSorted())
  await withTable(server, prefix, async (table) => {
    tally.check('every commit is one version', (await table.history()).totalVersions === stored.length)
    await erase(table, 'first-0')
  })
  await compare('after an erasure that cleans the log', stored.filter((id) => id !== 'first-0').sort())
}
