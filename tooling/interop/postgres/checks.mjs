// Checks that writers of one table in PostgreSQL lose nothing, and that SQL finds what this project reports.
import { counter, runner } from '../tally.mjs'
import { checkFigures } from './figures.mjs'
import { checkKills } from './kills.mjs'
import { checkMix } from './mix.mjs'
import { checkRace } from './race.mjs'

/** Runs all checks. Resolves with the exit code. */
export async function checkAll(server) {
  const tally = counter()
  const run = runner(tally)
  await checkKills(server, tally, run)
  await checkMix(server, tally, run)
  await checkRace(server, tally, run)
  await checkFigures(server, tally)
  process.stdout.write(`${tally.passed} passed, ${tally.failed} failed\n`)
  return tally.failed === 0 ? 0 : 1
}
