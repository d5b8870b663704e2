import { join } from 'node:path'
import type { Random } from '@forge/fixtures'
import { describePredicate, type LogWriter, type Predicate, parsePredicate } from '@forge/writer-core'
import { mutateBytes } from '../mutate/bytes.ts'
import { WORDS } from '../mutate/words.ts'
import { openTables } from '../open-tables.ts'
import type { Target } from '../target.ts'

const CONDITIONS = [
  "duration_secs > 60 and phase = 'gold'",
  "step_name like '%a%b%' or error_message ilike '_x%'",
  "metadata ->> 'user' = 'x' and not (rows_processed in (1, 2, 9007199254740993))",
  "start_time between '2024-01-01' and timestamp '2024-02-01 10:00:00'",
  "regexp_matches(step_name, '^[a-z]+(x|y)*$') and validation_rate is not null",
  'coalesce(rows_written, 0) * 2 + 1 <= rows_processed / 3 - -1',
  'lower("step_name") = \'a\' and length(run_id) >= 1 and success = true',
].map((text) => Buffer.from(text))

const WORD = /\w+|[^\s\w]+|\s+/g
const KNOWN = CONDITIONS.flatMap((text) => text.toString('utf8').match(WORD) ?? [])

/** Returns the condition with one or two of its words replaced by those of others. */
function mutateWords(condition: string, random: Random): string {
  const words = condition.match(WORD) ?? []
  for (let left = 1 + random.below(2); left > 0; left--) {
    words[random.below(words.length)] = random.chance(0.8) ? random.pick(KNOWN) : random.pick(WORDS)
  }
  return words.join('')
}

/** Returns a condition: as it is in a third of the cases, otherwise with other words or bytes. */
function makeCondition(random: Random): string {
  const condition = random.pick(CONDITIONS)
  const draw = random.unit()
  if (draw < 0.35) return joinConditions(random)
  if (draw < 0.8) return mutateWords(condition.toString('utf8'), random)
  return mutateBytes(condition, random, random.pick(CONDITIONS)).toString('utf8')
}

function joinConditions(random: Random): string {
  const parts = Array.from({ length: 1 + random.below(4) }, () => `(${random.pick(CONDITIONS).toString('utf8')})`)
  return parts.map((part) => (random.chance(0.3) ? `not ${part}` : part)).join(random.pick([' and ', ' or ']))
}

let writers: Promise<readonly LogWriter[]> | undefined

/** Parses mutated conditions, and evaluates those that are accepted in memory and in the engine. */
export const conditions: Target = {
  name: 'conditions',
  async run(random, folder) {
    writers ??= openTables(join(folder, '..', `conditions-${process.pid}.duckdb`))
    const readers = await Promise.all((await writers).map((each) => each.table()))
    const text = makeCondition(random)
    const where: Predicate = parsePredicate(text)
    describePredicate(where)
    for (const table of readers) {
      for await (const batch of table.scan({ where, limit: 10 }))
        if (batch.rowCount > 10) throw new RangeError('too many rows')
    }
  },
}
