import { isIn } from '@forge/writer-core'
import type { JudgedRows } from '../reading/judged-rows.ts'
import type { LogReading } from '../reading/log-reading.ts'
import { type JudgedPlace, readRunPage } from './run-page.ts'

const MIN_PAGE = 1000
const MAX_PAGE = 20_000

export interface Strips {
  readonly names: readonly string[]
  readonly runs: number
}

/** Reads the last runs of each pipeline, the newest first: page by page over all of them, each page without the pipelines that have enough. */
export async function readStrips(
  reading: LogReading,
  judged: JudgedRows,
  { names, runs }: Strips,
): Promise<Map<string, JudgedPlace[]>> {
  const strips = new Map<string, JudgedPlace[]>(names.map((name) => [name, []]))
  const limit = Math.min(MAX_PAGE, Math.max(MIN_PAGE, names.length * runs * 2))
  let after: JudgedPlace | undefined
  for (;;) {
    const wanting = names.filter((name) => (strips.get(name)?.length ?? 0) < runs)
    if (wanting.length === 0) return strips
    const page = await readRunPage(reading, judged, { where: isIn('pipeline', wanting), after, limit })
    for (const place of page) {
      const strip = strips.get(place.pipeline)
      if (strip && strip.length < runs) strip.push(place)
    }
    after = page.at(-1)
    if (page.length < limit) return strips
  }
}
