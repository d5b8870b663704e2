// Runs cases that the parent process sends, and answers with what each of them took and how it ended.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createRandom } from '@forge/fixtures'
import { isWriterError } from '@forge/writer-core'
import { type CaseResult, type FuzzCase, MAX_CPU_MS } from './fuzz-case.ts'
import { TARGETS } from './registry.ts'

const [root = ''] = process.argv.slice(2)

process.on('message', (given: FuzzCase) => {
  runCase(given).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`)
      process.exit(1)
    },
  )
})

async function runCase({ target: name, seed }: FuzzCase): Promise<CaseResult> {
  const target = await TARGETS[name]?.()
  if (!target) throw new RangeError(`unknown target ${name}`)
  const folder = join(root, `${name}-${seed}`)
  mkdirSync(folder, { recursive: true })
  const before = process.memoryUsage().rss
  const cpu = process.cpuUsage()
  let outcome: CaseResult['outcome'] = 'accepted'
  let problem: string | undefined
  try {
    await target.run(createRandom(seed), folder)
  } catch (error) {
    outcome = 'refused'
    if (!isWriterError(error)) problem = `untyped ${describe(error)}`
  }
  const { user, system } = process.cpuUsage(cpu)
  const grownMb = (Math.max(process.resourceUsage().maxRSS * 1024, before) - before) / 1024 / 1024
  const cpuMs = (user + system) / 1000
  if (problem === undefined && cpuMs < MAX_CPU_MS) rmSync(folder, { recursive: true, force: true })
  return { outcome, problem, cpuMs, grownMb, folder }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message).slice(0, 3000) : String(error)
}
