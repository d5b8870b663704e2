import { dirname } from 'node:path'

/** Column values from folder names such as `phase=gold`; null for the name that stands for a missing value. */
export type Partition = Readonly<Record<string, string | null>>

const MISSING = '__HIVE_DEFAULT_PARTITION__'

/** Returns the `key=value` folders of a path, as Hive and Spark write them, or undefined if there are no such folders. */
export function partitionOf(path: string): Partition | undefined {
  const pairs = dirname(path)
    .split(/[\\/]/)
    .flatMap((part) => {
      const at = part.indexOf('=')
      return at <= 0 ? [] : [[decode(part.slice(0, at)), partitionValue(part.slice(at + 1))] as const]
    })
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs)
}

function partitionValue(text: string): string | null {
  return text === MISSING ? null : decode(text)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
