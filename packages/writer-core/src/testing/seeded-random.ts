/** A generator of pseudo-random numbers that are the same for the same seed, so that a failing test fails again. */
export interface Random {
  /** Returns a whole number from 0 to `limit` (exclusive). */
  below(limit: number): number
  pick<Item>(items: readonly Item[]): Item
}

/** Creates a linear congruential generator with the constants of Numerical Recipes; it uses the high bits. */
export function seededRandom(seed: number): Random {
  let state = (seed * 2_654_435_761 + 1) >>> 0
  const below = (limit: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 4_294_967_296) * limit)
  }
  return {
    below,
    pick(items) {
      const item = items[below(items.length)]
      if (item === undefined) throw new RangeError('nothing to pick from')
      return item
    },
  }
}
