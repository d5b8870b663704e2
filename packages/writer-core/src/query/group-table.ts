import type { Native } from '../predicate/native.ts'

/** Groups by the values of their keys. */
export interface GroupTable<Group> {
  of(keys: readonly Native[]): Group
  /** Returns the groups in the order in which they were first added. */
  all(): Iterable<Group>
}

/** Creates a table of groups; `create` makes a group when its keys first occur. */
export function groupTable<Group>(create: (keys: readonly Native[]) => Group): GroupTable<Group> {
  const groups: Group[] = []
  const root: Level<Group> = { next: new Map(), group: undefined }
  return {
    of(keys) {
      let level = root
      for (const key of keys) level = below(level, key)
      if (level.group === undefined) {
        level.group = create(keys)
        groups.push(level.group)
      }
      return level.group
    },
    all: () => groups,
  }
}

/** One level of the table per key. A Map treats NaN as equal to itself, and -0 as equal to 0, as groups do. */
interface Level<Group> {
  readonly next: Map<Native, Level<Group>>
  group: Group | undefined
}

function below<Group>(level: Level<Group>, key: Native): Level<Group> {
  const known = level.next.get(key)
  if (known) return known
  const made: Level<Group> = { next: new Map(), group: undefined }
  level.next.set(key, made)
  return made
}
