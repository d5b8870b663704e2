// Checks that the conditional log store lets engines in Java write a table on an object store together with this project.
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { faultProxy } from '../../fixtures/dist/s3/index.js'
import { addressOf, erase, idsOf, ourWriter, withTable } from './harness.mjs'

const COMMITS = 10
const program = fileURLToPath(new URL('spark.py', import.meta.url))

/** Lets Delta Kernel, Spark and this project write to one table in turn, at once, and while answers are lost. */
export async function checkJava(server, { java, spark }, tally, run) {
  const proxy = await faultProxy(server.endpoint)
  try {
    await checkKernel(server, proxy, java, { tally, run })
    if (spark) await checkSpark(server, spark, { tally, run })
  } finally {
    await proxy[Symbol.asyncDispose]()
  }
}

async function checkKernel(server, proxy, java, { tally, run }) {
  const prefix = `java-${randomUUID()}`
  const location = addressOf(server, prefix)
  const env = { ...server.env, AWS_ENDPOINT_URL_S3: proxy.endpoint }
  const ours = (name, count) => run(...ourWriter(server, prefix, name, count), server.env)
  const theirs = (name, count) =>
    run('java', ['-cp', java.classPath, 'KernelWriter', location, name, String(count)], env)
  const stored = await ours('first', 1)
  const compare = (when) => checkTable(server, prefix, stored, { when, tally })
  stored.push(...(await theirs('kernel', 2)), ...(await ours('ours', 2)))
  await compare('after writes in turn of Delta Kernel')
  const names = ['a', 'b'].flatMap((name) => [theirs(`kernel-${name}`, COMMITS), ours(`our-${name}`, 2 * COMMITS)])
  stored.push(...(await Promise.all(names)).flat())
  tally.check('Delta Kernel and this project store all commits of a race', stored.length === 5 + 6 * COMMITS)
  await compare('after writes at the same time of Delta Kernel')
  let puts = 0
  proxy.plan = ({ method, path }) =>
    method === 'PUT' && /_delta_log\/\d{20}\.json/.test(path) && puts++ % 2 === 0 ? 'cutAfter' : undefined
  const lost = await theirs('kernel-lost', 3)
  tally.check('Delta Kernel knows commits whose answers were lost as its own', lost.length === 3 && puts >= 6)
  stored.push(...lost)
  await compare('after lost answers of Delta Kernel')
  await withTable(server, prefix, (table) => erase(table, 'first-0'))
  const after = [...stored.filter((id) => id !== 'first-0'), ...(await theirs('kernel-after', 1))].sort()
  await withTable(server, prefix, async (table) =>
    tally.same('Delta Kernel goes on after an erasure that cleans the log', await idsOf(table), after),
  )
}

async function checkSpark(server, { python, jars }, { tally, run }) {
  const prefix = `spark-${randomUUID()}`
  const stored = await run(...ourWriter(server, prefix, 'first', 1), server.env)
  const writers = [
    run(python, [program, addressOf(server, prefix), 'spark', String(COMMITS), ...jars], server.env),
    ...['a', 'b'].map((name) => run(...ourWriter(server, prefix, name, 6 * COMMITS), server.env)),
  ]
  stored.push(...(await Promise.all(writers)).flat())
  tally.check('Spark and this project store all commits of a race', stored.length === 1 + 13 * COMMITS)
  await checkTable(server, prefix, stored, { when: 'after writes at the same time of Spark', tally })
}

async function checkTable(server, prefix, stored, { when, tally }) {
  await withTable(server, prefix, async (table) => {
    tally.same(`this project reads every row once ${when}`, await idsOf(table), stored.toSorted())
    tally.check(`every commit is one version ${when}`, (await table.history()).totalVersions === stored.length)
  })
}
