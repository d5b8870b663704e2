// `npm run fuzz -- --minutes N [--target T] [--seed N] [--cases N]`: mutated documents, configs, rule files, conditions, Delta logs and Parquet files.
// The seed decides each input. Fails on errors that are not typed, hangs over two seconds and growth over 512 MB; ends with `N passed, N failed`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createCaseRunner } from './case-runner.ts'
import { TARGETS } from './registry.ts'

const USAGE = `usage: npm run fuzz -- [--minutes N] [--cases N] [--target ${Object.keys(TARGETS).join('|')}] [--seed N]\n`

const { minutes, cases, targets, seed } = readArguments()
const deadline = performance.now() + minutes * 60_000
const folder = mkdtempSync(join(tmpdir(), 'forge-fuzz-'))
const runner = createCaseRunner(folder)
const counts = new Map(targets.map((name) => [name, { accepted: 0, refused: 0, failed: 0, slowestMs: 0 }]))
const length = cases === Infinity ? `${minutes} minutes` : `${cases} cases`
process.stdout.write(`seed ${seed}, ${length}, ${targets.join(', ')}\n`)

for (let index = 0; index < cases && performance.now() < deadline; index++) {
  const target = targets[index % targets.length] ?? ''
  const own = seed + Math.floor(index / targets.length)
  const { problem, result } = await runner.run({ target, seed: own })
  const count = counts.get(target)
  if (!count) continue
  if (result) count.slowestMs = Math.max(count.slowestMs, result.cpuMs)
  if (problem === undefined) count[result?.outcome ?? 'accepted']++
  else {
    count.failed++
    process.stdout.write(`FAILED ${target} seed ${own}: ${problem}\n`)
    process.stdout.write(`       again: npm run fuzz -- --target ${target} --seed ${own} --cases 1\n`)
  }
}
runner.close()

let [passed, failed] = [0, 0]
for (const [name, count] of counts) {
  const { accepted, refused, failed: own, slowestMs } = count
  process.stdout.write(
    `${name}: ${accepted} accepted, ${refused} refused, ${own} failed, slowest ${Math.round(slowestMs)} ms\n`,
  )
  passed += accepted + refused
  failed += own
}
if (failed === 0) rmSync(folder, { recursive: true, force: true })
else process.stdout.write(`the files of failed cases: ${folder}\n`)
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1

function readArguments(): { minutes: number; cases: number; targets: readonly string[]; seed: number } {
  const text = { type: 'string' } as const
  try {
    const { values } = parseArgs({ options: { minutes: text, cases: text, target: text, seed: text } })
    if (values.target !== undefined && !Object.hasOwn(TARGETS, values.target))
      throw new Error(`--target: ${values.target} is not known`)
    const read = (name: keyof typeof values, fallback: number) => {
      const number = values[name] === undefined ? fallback : Number(values[name])
      if (!(number >= 0)) throw new Error(`--${name}: ${values[name]} is not a number`)
      return number
    }
    const count = read('cases', Infinity)
    return {
      cases: count,
      minutes: read('minutes', count === Infinity ? 2 : Infinity),
      targets: values.target === undefined ? Object.keys(TARGETS) : [values.target],
      seed: read('seed', Math.floor(Math.random() * 1_000_000_000)),
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
    process.exit(2)
  }
}
