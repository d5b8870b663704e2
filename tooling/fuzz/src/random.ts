import { seededRandom } from '@forge/fixtures'

/** Choices that are the same for the same seed. */
export interface Random {
  /** Returns a whole number from 0 to below `limit`. */
  below(limit: number): number
  chance(share: number): boolean
  /** Returns one of the items. Throws RangeError if the list is empty. */
  pick<Item>(items: readonly Item[]): Item
}

export function createRandom(seed: number): Random {
  const next = seededRandom(seed)
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    below,
    chance: (share) => next() < share,
    pick(items) {
      const at = below(items.length)
      if (at >= items.length) throw new RangeError('pick needs at least one item')
      return items[at] as (typeof items)[number]
    },
  }
}
