import { visibleLine } from '@forge/writer-core/text'
import type { Output } from './output.ts'

/** Returns lines of names and values; the names are bold and equally wide. */
export function* factLines(facts: readonly (readonly [string, string])[], { style }: Output): Generator<string> {
  const width = Math.max(...facts.map(([name]) => name.length))
  for (const [name, value] of facts) yield `${style('bold', name.padEnd(width))}  ${visibleLine(value)}`
}
