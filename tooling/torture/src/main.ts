// `npm run torture -- --minutes N [--storage S] [--seed N] [--rounds N]`: random operations with kills, full disks, lost, foreign and damaged files,
// bad networks and wrong clocks. A model knows what was acknowledged. The seed decides what is done; ends with the line `N passed, N failed`.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startNetwork } from './network.ts'
import type { StorageName } from './operation.ts'
import { type RoundResult, runRound } from './round.ts'

const STORAGES: readonly StorageName[] = ['duckdb', 'delta', 's3']
const USAGE = `usage: npm run torture -- [--minutes N] [--rounds N] [--storage ${STORAGES.join('|')}] [--seed N]\n`

const { minutes, rounds, storages: wanted, seed } = readArguments()
const network = wanted.includes('s3') ? await startNetwork() : undefined
if (network && 'reason' in network) process.stdout.write(`skipped: tables in an object store: ${network.reason}\n`)
const store = network && 'reason' in network ? undefined : network
const storages = wanted.filter((name) => name !== 's3' || store !== undefined)
const deadline = performance.now() + minutes * 60_000
const folder = mkdtempSync(join(tmpdir(), 'forge-torture-'))
const results: RoundResult[] = []
process.stdout.write(
  `seed ${seed}, ${rounds === Infinity ? `${minutes} minutes` : `${rounds} rounds`}, ${storages.join(' and ')}\n`,
)
for (let index = 0; storages.length > 0 && index < rounds && performance.now() < deadline; index++) {
  const storage = storages[index % storages.length] ?? 'duckdb'
  const place = join(folder, `${storage}-${seed + index}`)
  mkdirSync(place)
  const result = await runRound(storage, seed + index, { folder: place, network: storage === 's3' ? store : undefined })
  results.push(result)
  show(result)
}
await store?.[Symbol.asyncDispose]()
for (const storage of storages) summarise(storage)
const failed = results.filter(({ failures }) => failures.length > 0).length
if (failed === 0) rmSync(folder, { recursive: true, force: true })
process.stdout.write(`${results.length - failed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1

function show({ storage, seed: own, failures, keptAt, faults, operations, kills }: RoundResult): void {
  const figures = `${operations} operations, ${kills} kills, ${faults.join(' ')}`
  process.stdout.write(`${failures.length === 0 ? 'ok    ' : 'FAILED'} ${storage} seed ${own}: ${figures}\n`)
  if (failures.length === 0) return
  for (const failure of failures) process.stdout.write(`       ${failure}\n`)
  process.stdout.write(
    `       again: npm run torture -- --storage ${storage} --seed ${own} --rounds 1; the table: ${keptAt}\n`,
  )
}

function summarise(storage: StorageName): void {
  const own = results.filter((result) => result.storage === storage)
  const sum = (figure: (result: RoundResult) => number) => own.reduce((total, result) => total + figure(result), 0)
  process.stdout.write(
    `${storage}: ${own.length} tables, ${sum((result) => result.operations)} operations, ${sum((result) => result.kills)} kills, ${countFaults(own)}\n`,
  )
}

function countFaults(own: readonly RoundResult[]): string {
  const counts = new Map<string, number>()
  for (const { faults } of own) for (const fault of faults) counts.set(fault, (counts.get(fault) ?? 0) + 1)
  return [...counts].map(([fault, count]) => `${fault} ${count}`).join(', ')
}

function readArguments(): { minutes: number; rounds: number; storages: readonly StorageName[]; seed: number } {
  const options = {
    minutes: { type: 'string' },
    rounds: { type: 'string' },
    storage: { type: 'string' },
    seed: { type: 'string' },
  } as const
  try {
    const { values } = parseArgs({ options })
    const storage = STORAGES.find((name) => name === values.storage)
    if (values.storage !== undefined && storage === undefined)
      throw new Error(`--storage: ${values.storage} is not known`)
    const readNumber = (name: string, text: string | undefined, fallback: number) => {
      const number = text === undefined ? fallback : Number(text)
      if (!(number >= 0)) throw new Error(`--${name}: ${text} is not a number`)
      return number
    }
    const rounds = readNumber('rounds', values.rounds, Infinity)
    return {
      rounds,
      minutes: readNumber('minutes', values.minutes, rounds === Infinity ? 5 : Infinity),
      storages: storage ? [storage] : STORAGES,
      seed: readNumber('seed', values.seed, Math.floor(Math.random() * 1_000_000)),
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
    process.exit(2)
  }
}
