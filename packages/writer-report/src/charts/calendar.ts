import type { RunDay } from '@forge/writer-analytics'
import { DAY_MS } from '@forge/writer-core/storage'
import { countOf } from '@forge/writer-core/text'
import { addDays, monthText, weekdayOf } from '../text/dates.ts'
import { type Html, html, markup } from '../text/html.ts'

const CELL = 11
const GAP = 2
const STEP = CELL + GAP
const LEFT = 34
const TOP = 16
/** Room for the name of a month that has just begun. */
const RIGHT = 16
const MAX_WEEKS = 53
/** A shorter calendar has no room for the names of its months. */
const MIN_WEEKS = 13

type DayKind = 's' | 'f' | 'u' | 'n'

/**
 * Returns the days since the first run, at most those of a year: a column for each week, from Monday to Sunday. A cross marks a day on which a run failed, an empty cell a day after the
 * first run on which nothing ran.
 */
export function calendarChart(days: readonly RunDay[], today: string): Html {
  const byDay = new Map(days.map((each) => [each.day, each]))
  const first = days[0]?.day ?? today
  const weeks = Math.min(MAX_WEEKS, Math.max(MIN_WEEKS, weeksBetween(first, today)))
  const start = addDays(today, -(weeks - 1) * 7 - weekdayOf(today))
  const paths: Record<DayKind, string> = { s: '', f: '', u: '', n: '' }
  let crosses = ''
  const months: Html[] = []
  for (let week = 0; week < weeks; week++) {
    const x = LEFT + week * STEP
    const monday = addDays(start, 7 * week)
    if (isFirstOfMonth(monday, week)) months.push(html`<text x="${x}" y="10">${monthText(monday)}</text>`)
    let [kind, from, length]: [DayKind | null, number, number] = [null, 0, 0]
    const close = () => {
      if (kind !== null) paths[kind] += `M${x + CELL / 2} ${TOP + from * STEP}v${(length - 1) * STEP + CELL}`
    }
    for (let weekday = 0; weekday < 7; weekday++) {
      const day = addDays(monday, weekday)
      const here = day > today || day < first ? null : kindOf(byDay.get(day))
      if (here !== kind) {
        close()
        ;[kind, from, length] = [here, weekday, 0]
      }
      length++
      if (here === 'f') crosses += `M${x + 3} ${TOP + weekday * STEP + 3}l5 5m0-5l-5 5`
    }
    close()
  }
  const marks = Object.entries(paths)
    .filter(([, path]) => path !== '')
    .map(([kind, path]) => `<path class="d${kind}" d="${path}"/>`)
  const names = ['Mon', 'Wed', 'Fri'].map(
    (name, at) => html`<text x="${LEFT - 6}" y="${TOP + 2 * at * STEP + 10}" text-anchor="end">${name}</text>`,
  )
  const [width, height] = [LEFT + weeks * STEP + RIGHT, TOP + 7 * STEP]
  const failed = days.filter(({ failedRuns }) => failedRuns > 0).length
  const label = `${countOf(days.length, 'day', 'days')} with runs, ${countOf(failed, 'day', 'days')} with failures`
  const cross = crosses === '' ? '' : `<path class="x" d="${crosses}"/>`
  return html`<svg class="fixed" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">${months}${names}${markup(marks.join('') + cross)}</svg>`
}

/** Returns the number of weeks that have days from one day to another. */
function weeksBetween(first: string, last: string): number {
  const monday = (day: string) => Date.parse(addDays(day, -weekdayOf(day)))
  return Math.round((monday(last) - monday(first)) / (7 * DAY_MS)) + 1
}

function kindOf(day: RunDay | undefined): DayKind {
  if (!day) return 'n'
  if (day.failedRuns > 0) return 'f'
  return day.unknownRuns > 0 ? 'u' : 's'
}

function isFirstOfMonth(monday: string, week: number): boolean {
  return week === 0 ? Number(monday.slice(8)) <= 14 : Number(monday.slice(8)) <= 7
}
