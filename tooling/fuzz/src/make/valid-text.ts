import type { Random } from '@forge/fixtures'
import { stringify } from 'yaml'
import { mutateBytes } from '../mutate/bytes.ts'
import { mutateJson } from '../mutate/json.ts'

/** A document in JSON or YAML. */
export interface DocumentText {
  readonly format: 'json' | 'yaml'
  readonly text: string
}

/** Makes a value of one field. */
export type Maker = (random: Random) => unknown

/** Returns an object with the fields that the draw chooses, each with the given chance. */
export function pickFields(
  random: Random,
  makers: Readonly<Record<string, Maker>>,
  chance: number,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(makers)
      .filter(() => random.chance(chance))
      .map(([name, make]) => [name, make(random)]),
  )
}

/** Returns 1 to `limit` values. */
export function makeList<T>(random: Random, limit: number, make: (random: Random) => T): T[] {
  return Array.from({ length: 1 + random.below(limit) }, () => make(random))
}

/** Writes a valid document, of which about half are then changed: values of it first, bytes of it second. */
export function writeDocument(value: unknown, random: Random): DocumentText {
  const format = random.pick(['json', 'yaml'] as const)
  const json = JSON.stringify(value, undefined, random.pick([undefined, 2]))
  const draw = random.unit()
  if (draw < 0.5) return { format, text: format === 'json' ? json : stringify(value) }
  // JSON is YAML, too.
  if (draw < 0.75) return { format, text: mutateJson(json, random) ?? json }
  const text = Buffer.from(format === 'json' ? json : stringify(value))
  return { format, text: mutateBytes(text, random, text).toString('utf8') }
}
