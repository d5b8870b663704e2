// Checks that each case has the same verdict there and here, on every storage, or the difference that the case states and the rule explains.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchFromRows, memoryStorage, tableSource } from '../../../packages/writer-core/dist/index.js'
import { ruleFromSpec, validateLogDataQuality } from '../../../packages/writer-quality/dist/index.js'
import { deltaStorage } from '../../../packages/writer-storage-delta/dist/index.js'
import { duckdbStorage } from '../../../packages/writer-storage-duckdb/dist/index.js'
import { CASES } from './cases.mjs'
import { theirVerdicts } from './judge.mjs'

/** The time from which ages are counted. */
const NOW = new Date(Date.UTC(2024, 0, 2))
const CONFIG = { tableSchema: 'cases', tableName: 'rows' }

/** Runs all checks. Resolves with the exit code. */
export async function checkAll(python) {
  const tally = { passed: 0, failed: 0 }
  const check = (name, problem) => {
    tally[problem === undefined ? 'passed' : 'failed']++
    if (problem !== undefined) process.stdout.write(`failed: ${name}: ${problem}\n`)
  }
  const theirs = theirVerdicts(python, CASES)
  const path = await mkdtemp(join(tmpdir(), 'quality-interop-'))
  const storages = {
    memory: memoryStorage(),
    duckdb: duckdbStorage({ path: join(path, 'cases.duckdb') }),
    delta: deltaStorage({ path: join(path, 'delta') }),
  }
  try {
    for (const [at, each] of CASES.entries()) {
      for (const [name, storage] of Object.entries(storages)) {
        // Writing a Delta table takes longest, and its engine has judged every case already.
        if (name === 'delta' && at % 8 !== 0) continue
        const ours = await ourVerdict(storage, each, at).catch((error) => ({ error: error.message }))
        check(`${each.name} (${name})`, difference(each, ours, theirs[at]))
      }
    }
  } finally {
    for (const storage of Object.values(storages)) await storage.close()
    await rm(path, { recursive: true, force: true })
  }
  for (const rule of new Set(CASES.filter(({ differs }) => differs).map((each) => each.rule.rule))) {
    check(`${rule} explains its differences`, await explanationProblem(rule))
  }
  process.stdout.write(`${tally.passed} passed, ${tally.failed} failed\n`)
  return tally.failed === 0 ? 0 : 1
}

async function ourVerdict(storage, { rule, columns, rows }, at) {
  const definitions = Object.entries(columns).map(([name, type]) => ({ name, type, nullable: true }))
  const config = { ...CONFIG, tableName: `rows_${at}` }
  const table = await storage.openTable(
    { schema: config.tableSchema, name: config.tableName },
    { columns: definitions },
  )
  const named = rows.map((row) => Object.fromEntries(definitions.map(({ name }, column) => [name, row[column]])))
  await table.append(batchFromRows(definitions, named), { batchId: `case-${at}` })
  const result = await validateLogDataQuality(tableSource({ storage, config }), {
    validationRules: [ruleFromSpec(rule)],
    now: () => NOW,
  })
  const [{ passed, checkedRows: checked, failingRows: failing, observed }] = result.outcomes
  return { passed, checked, failing, observed }
}

/** Returns the difference, or undefined. */
function difference({ differs, compared }, ours, theirs) {
  if (ours.error ?? theirs.error) return `ours ${JSON.stringify(ours)}, theirs ${JSON.stringify(theirs)}`
  const { because, ...stated } = differs ?? {}
  const names = compared ?? Object.keys(theirs)
  const expected = { ...Object.fromEntries(names.map((name) => [name, ours[name] ?? null])), ...stated }
  const wrong = names.filter((name) => !isSame(theirs[name], expected[name]))
  if (wrong.length > 0) return `${wrong.join(', ')}: ours ${text(ours)}, theirs ${text(theirs)}`
  const isAlike = because !== undefined && names.every((name) => isSame(theirs[name], ours[name]))
  return isAlike ? 'the case states a difference, but the verdicts are equal' : undefined
}

function isSame(a, b) {
  const [left, right] = [a, b].map((value) => (Array.isArray(value) ? value[0] : value) ?? null)
  if (typeof left === 'number' && typeof right === 'number') return Math.abs(left - right) <= 1e-12
  if (left === 'inf' || right === 'inf') return [left, right].every((value) => value === 'inf' || value === Infinity)
  return left === right || (left === 'nan' && right === null)
}

function text(verdict) {
  return JSON.stringify(verdict, (_key, value) =>
    typeof value === 'number' && !Number.isFinite(value) ? `${value}` : value,
  )
}

async function explanationProblem(rule) {
  const file = `${rule.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.ts`
  const source = await readFile(new URL(`../../../packages/writer-quality/src/rules/${file}`, import.meta.url), 'utf8')
  // The name may be at the end of a line of the comment.
  return source.replaceAll(/\n \* /g, ' ').includes('Great Expectations')
    ? undefined
    : `${file} does not mention Great Expectations`
}
