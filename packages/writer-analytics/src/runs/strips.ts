import { column, isIn, type Predicate } from '@forge/writer-core'
import type { Judged, JudgedRows } from '../reading/judged-rows.ts'
import type { LogReading } from '../reading/log-reading.ts'
import { RUN_KEYS } from '../reading/run-keys.ts'
import { knownRuns, noteStrip } from './known-runs.ts'
import { type JudgedPlace, readRunPage } from './run-page.ts'

const MIN_PAGE = 1000
const MAX_PAGE = 20_000

export interface Strips {
  readonly names: readonly string[]
  readonly runs: number
  readonly chosen: Predicate
  readonly judged: Judged
}

/** Reads the last runs of each pipeline, the newest first. */
export async function readStrips(
  reading: LogReading,
  { names, runs, chosen, judged }: Strips,
): Promise<Map<string, readonly JudgedPlace[]>> {
  const known = knownRuns(reading, chosen)
  const isKnown = (name: string) => (known?.strips.get(name)?.wanted ?? 0) >= runs
  const unread = names.filter((name) => !isKnown(name))
  const read = unread.length === 0 ? undefined : await readPages(reading, judged.all, { names: unread, runs })
  if (known) for (const [name, places] of read ?? []) noteStrip(known, name, { wanted: runs, places })
  return new Map(names.map((name) => [name, read?.get(name) ?? known?.strips.get(name)?.places.slice(0, runs) ?? []]))
}

type Wanted = Pick<Strips, 'names' | 'runs'>

/** Reads page by page over all pipelines, each page without those that have enough. */
async function readPages(reading: LogReading, judged: JudgedRows, { names, runs }: Wanted) {
  const strips = new Map<string, JudgedPlace[]>(names.map((name) => [name, []]))
  const limit = Math.min(MAX_PAGE, Math.max(MIN_PAGE, names.length * runs * 2))
  let counts: ReadonlyMap<string, number> | undefined
  let after: JudgedPlace | undefined
  for (;;) {
    const wanting = names.filter((name) => (strips.get(name)?.length ?? 0) < Math.min(runs, counts?.get(name) ?? runs))
    if (wanting.length === 0) return strips
    const page = await readRunPage(reading, judged, { where: isIn('pipeline', wanting), after, limit })
    for (const place of page) {
      const strip = strips.get(place.pipeline)
      if (strip && strip.length < runs) strip.push(place)
    }
    after = page.at(-1)
    if (page.length < limit) return strips
    // A pipeline that never ran this often would be looked for in every page to the end.
    counts ??= await countRuns(reading, judged, wanting)
  }
}

async function countRuns({ reader }: LogReading, { chosen }: JudgedRows, names: readonly string[]) {
  const counts = await reader.aggregate({
    from: { where: chosen, groupBy: RUN_KEYS, measures: [] },
    where: isIn('pipeline', names),
    groupBy: [{ as: 'pipeline', by: column('pipeline') }],
    measures: [{ as: 'runs', fn: 'count' }],
  })
  return new Map(counts.map(({ pipeline, runs }) => [String(pipeline), Number(runs)]))
}
