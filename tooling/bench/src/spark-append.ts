import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { realisticRows } from '@forge/fixtures'
import { batchFromRows, LOG_COLUMNS, type Row } from '@forge/writer-core'
import { sparkStorage } from '@forge/writer-storage-spark'
import type { Bench } from './harness/bench.ts'
import { median } from './harness/statistics.ts'

const ROWS = 100_000

/** Appends rows to a Delta table of a Spark server against PySpark's own client on the same server. */
export const sparkAppend: Bench = {
  name: 'spark-append',
  question: 'What does an append by Spark Connect cost, next to createDataFrame and write of PySpark?',
  async *run({ directory, repetitions }) {
    const url = process.env.FORGE_SPARK_URL
    const python = process.env.FORGE_SPARK_PYTHON ?? 'tooling/interop/.venv/bin/python'
    if (url === undefined || spawnSync(python, ['-c', 'import pyspark, pandas, grpc']).status !== 0) {
      const reason = url === undefined ? 'FORGE_SPARK_URL is not set' : `${python} has no pyspark[connect]`
      process.stderr.write(`skipped: spark-append: ${reason}\n`)
      return
    }
    const rows = [...realisticRows(ROWS, { seed: 1 })] as unknown as Row[]
    const file = join(directory, 'rows.ndjson')
    writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n'))
    const storage = sparkStorage({ url, path: join(directory, 'ours') })
    const table = await storage.openTable({ schema: 'logs', name: 'steps' })
    const oursMs: number[] = []
    const theirsMs: number[] = []
    try {
      for (let repetition = 0; repetition <= Math.min(repetitions, 3); repetition++) {
        const startMs = performance.now()
        await table.append(batchFromRows(LOG_COLUMNS, rows), { batchId: `batch ${repetition}` })
        const ms = performance.now() - startMs
        const pySparkMs = byPySpark(python, [url, file, join(directory, 'theirs')])
        if (repetition === 0) continue
        oursMs.push(ms)
        theirsMs.push(pySparkMs)
      }
    } finally {
      await storage.close()
    }
    const ms = median(oursMs)
    yield { case: `${ROWS} rows`, value: ms, unit: 'ms', ratio: ms / median(theirsMs), against: 'PySpark' }
  },
}

/** Builds rows as Python objects, makes a data frame of them and appends it. Prints the time of the last two. */
const PROGRAM = `
import datetime, json, sys, time
from pyspark.sql import SparkSession
url, file, path = sys.argv[1:]
spark = SparkSession.builder.remote(url).getOrCreate()
def flat(value):
    return json.dumps(value) if isinstance(value, (dict, list)) else value
rows = [{name: flat(value) for name, value in json.loads(line).items()} for line in open(file)]
names = sorted({name for row in rows for name in row})
values = [tuple(row.get(name) for name in names) for row in rows]
kinds = {bool: "boolean", int: "double", float: "double", str: "string"}
def kind(name):
    return next((kinds[type(row[name])] for row in rows if row.get(name) is not None), "string")
schema = ", ".join(f"\`{name}\` {kind(name)}" for name in names)
doubles = [at for at, name in enumerate(names) if kind(name) == "double"]
values = [tuple(float(v) if at in doubles and v is not None else v for at, v in enumerate(row)) for row in values]
start = time.perf_counter()
spark.createDataFrame(values, schema).write.format("delta").mode("append").save(path)
print((time.perf_counter() - start) * 1000)
`

function byPySpark(python: string, args: readonly string[]): number {
  const { status, stdout, stderr } = spawnSync(python, ['-c', PROGRAM, ...args], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`PySpark failed: ${stderr}`)
  return Number(stdout.trim().split('\n').at(-1))
}
