import { describePredicate } from '../predicate/describe.ts'
import type { CommitResult } from '../storage/commit.ts'
import type { LogTable } from '../storage/log-table.ts'
import { randomPredicate, randomRows } from './random-rows.ts'
import type { Random } from './seeded-random.ts'

/** An operation to perform on both the table and its reference. */
export interface Step {
  /** A description for messages. */
  readonly text: string
  /** Performs the step and resolves with the result of a commit of rows. */
  perform(table: LogTable, batchId: string, versionOf: VersionOf): Promise<CommitResult | undefined>
}

/** Returns the version of the table after a number of steps. */
export type VersionOf = (step: number) => number

type Maker = (random: Random, steps: number) => Step

const KEYS = [['id'], ['name'], ['id', 'name'], ['secs'], ['at']] as const

/** Returns a random step that the table supports, after `steps` others. */
export function randomStep(random: Random, table: LogTable, steps: number): Step {
  const makers: readonly Maker[] = [
    append,
    append,
    again,
    unknownColumn,
    ...(table.overwrite ? [overwrite, overwriteWhere] : []),
    ...(table.merge ? [merge, merge] : []),
    ...(table.delete ? [deleteWhere] : []),
    ...(table.restore ? [restore] : []),
    ...(table.evolve ? [evolve] : []),
    ...(table.optimize ? [optimize] : []),
    ...(table.vacuum ? [vacuum] : []),
  ]
  return random.pick(makers)(random, steps)
}

const append: Maker = (random) => {
  const batch = someRows(random)
  const text = `append ${batch.rowCount} rows of ${batch.columns.length} columns`
  return { text, perform: (table, batchId) => table.append(batch, { batchId }) }
}

const again: Maker = (random) => {
  const batch = someRows(random)
  return { text: 'append once more', perform: (table) => table.append(batch, { batchId: 'start' }) }
}

/** Creates a batch with a column of another type than the table's, which both must reject. */
const unknownColumn: Maker = (random) => {
  const { rowCount, columns, vectors } = randomRows(random, 1)
  const batch = {
    rowCount,
    columns: columns.map((column) => ({ ...column, name: column.name.toUpperCase() })),
    vectors,
  }
  return {
    text: 'append columns in capitals',

    perform: (table, batchId) => table.append(batch, { batchId }),
  }
}

const overwrite: Maker = (random) => {
  const batch = someRows(random)
  const text = `overwrite by ${batch.rowCount} rows`
  return { text, perform: async (table, batchId) => table.overwrite?.(batch, { batchId }) }
}

const overwriteWhere: Maker = (random) => {
  const [batch, where] = [someRows(random), randomPredicate(random, 1)]
  const text = `overwrite by ${batch.rowCount} rows where ${describePredicate(where)}`
  return { text, perform: async (table, batchId) => table.overwrite?.(batch, where, { batchId }) }
}

const merge: Maker = (random) => {
  const [batch, keys] = [someRows(random), random.pick(KEYS)]
  const whenMatched = random.pick(['update', 'ignore'] as const)
  return {
    text: `merge ${batch.rowCount} rows by ${keys.join(' and ')} (${whenMatched})`,

    perform: async (table, batchId) => table.merge?.(batch, { keys, whenMatched }, { batchId }),
  }
}

const deleteWhere: Maker = (random) => {
  const where = randomPredicate(random, 1)
  const text = `delete where ${describePredicate(where)}`
  return { text, perform: async (table, batchId) => table.delete?.(where, { batchId }) }
}

const restore: Maker = (random, steps) => {
  const step = random.below(steps)
  const text = `restore the version after step ${step}`
  return {
    text,

    perform: async (table, batchId, versionOf) => table.restore?.(versionOf(step), { batchId }),
  }
}

const evolve: Maker = (random) => {
  const name = `more${random.below(3)}`
  const change = { add: [{ name, type: 'string', nullable: true }] } as const
  return { text: `evolve ${name}`, perform: async (table) => void (await table.evolve?.(change)) }
}

const optimize: Maker = (random) => {
  const clusterColumns = random.pick([[], ['id'], ['name', 'at']])
  const text = `optimize by ${clusterColumns.join(' and ')}`
  return { text, perform: async (table) => void (await table.optimize?.({ clusterColumns })) }
}

const vacuum: Maker = () => ({ text: 'vacuum', perform: async (table) => void (await table.vacuum?.()) })

function someRows(random: Random) {
  return randomRows(random, random.below(6), random.pick([[], [], [], ['more0'], ['more1', 'more2']]))
}
