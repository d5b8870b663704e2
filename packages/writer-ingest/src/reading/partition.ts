import { dirname } from 'node:path'

/** What the names of folders such as `phase=gold` say of the rows in them; null for the name that stands for a missing value. */
export type Partition = Readonly<Record<string, string | null>>

const MISSING = '__HIVE_DEFAULT_PARTITION__'

/** Returns the `key=value` folders of a path, as Hive and Spark write them; undefined when there is none. */
export function partitionOf(path: string): Partition | undefined {
  const pairs = dirname(path)
    .split(/[\\/]/)
    .flatMap((part) => {
      const at = part.indexOf('=')
      return at <= 0 ? [] : [[decoded(part.slice(0, at)), partitionValue(part.slice(at + 1))] as const]
    })
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs)
}

function partitionValue(text: string): string | null {
  return text === MISSING ? null : decoded(text)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
