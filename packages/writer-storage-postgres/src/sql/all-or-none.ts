/** Returns the items, or undefined if one of them is missing. */
export function allOrNone<Item>(items: readonly (Item | undefined)[]): readonly Item[] | undefined {
  const present = items.flatMap((item) => (item === undefined ? [] : [item]))
  return present.length === items.length ? present : undefined
}
