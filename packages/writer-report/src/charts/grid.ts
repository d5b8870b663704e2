import type { GridCell, GridStep, RunGrid } from '@forge/writer-analytics'
import { didNotRun } from '@forge/writer-core'
import { countOf, durationText } from '@forge/writer-core/text'
import { type Lanes, laneNames } from '../parts/lanes.ts'
import type { View } from '../parts/view.ts'
import { type Html, html, markup } from '../text/html.ts'

const CELL = 14
const GAP = 3
const BARS = 56

export type CellKind = 's' | 'f' | 'u' | 'k'

/** Returns the kind of a cell: succeeded, failed, unknown, or not run. */
export function cellKind({ success, status }: GridCell): CellKind {
  if (didNotRun(status)) return 'k'
  if (success === null) return 'u'
  return success ? 's' : 'f'
}

/** Returns the steps of a pipeline by its last runs: above, a bar for each run with its duration; below, a cell for each step. A corner is cut from steps that were tried again. */
export function gridChart(grid: RunGrid, { links, clock }: View): Lanes {
  const longest = Math.max(0, ...grid.runs.map(({ durationSecs }) => durationSecs ?? 0))
  const width = grid.runs.length * (CELL + GAP)
  const height = BARS + grid.steps.length * (CELL + GAP) + 2
  const bars = grid.runs.map((run, at) => {
    const x = at * (CELL + GAP)
    const tall =
      longest > 0 && run.durationSecs !== null ? Math.max(3, Math.round((run.durationSecs / longest) * (BARS - 16))) : 3
    const css = run.outcome === 'failed' ? 'f' : run.outcome === 'unknown' ? 'u' : 's'
    const title = `${clock.zoned.minute(run.startedAt)}, ${run.outcome}, ${durationText(run.durationSecs)}`
    const diamond = css === 'f' ? html`<path class="f" d="M${x + CELL / 2} ${BARS - tall - 13}l4 4-4 4-4-4z"/>` : null
    const bar = html`<rect class="${css}" x="${x}" y="${BARS - tall - 4}" width="${CELL}" height="${tall}" rx="2"/>${diamond}`
    const href = links.run(run.runId)
    return href ? html`<a href="${href}" aria-label="run of ${title}">${bar}</a>` : bar
  })
  const rows = grid.steps.map((step, at) => stepRow(step, BARS + at * (CELL + GAP)))
  const names = grid.steps.map(({ phase, step }) => ({
    text: `${phase}/${step}`,
    href: links.step(grid.pipeline, phase, step),
  }))
  const label = `${countOf(grid.steps.length, 'step', 'steps')} in the last ${countOf(grid.runs.length, 'run', 'runs')}`
  return {
    names: laneNames(names, 'cells', `longest ${durationText(longest)}`),
    plot: html`<svg class="fixed" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="group" aria-label="${label}">${bars}${rows}</svg>`,
  }
}

function stepRow({ cells }: GridStep, y: number): Html {
  // Neighbours of one kind are one dashed line: a cell costs a few bytes.
  const paths: Record<CellKind, string> = { s: '', f: '', u: '', k: '' }
  let [crosses, notches] = ['', '']
  for (let at = 0; at < cells.length; at++) {
    const cell = cells[at]
    if (!cell) continue
    const kind = cellKind(cell)
    let end = at
    for (let next = cells[end + 1]; next && cellKind(next) === kind; next = cells[end + 1]) end++
    const x = at * (CELL + GAP)
    paths[kind] += `M${x} ${y + CELL / 2}h${(end - at) * (CELL + GAP) + CELL}`
    for (; ; at++) {
      const left = at * (CELL + GAP)
      if (kind === 'f') crosses += `M${left + 4} ${y + 4}l6 6m0-6l-6 6`
      if ((cells[at]?.attempts ?? 1) > 1) notches += `M${left + CELL - 6} ${y}h6v6z`
      if (at === end) break
    }
  }
  const marks = Object.entries(paths)
    .filter(([, path]) => path !== '')
    .map(([kind, path]) => `<path class="c${kind}" d="${path}"/>`)
    .join('')
  const cross = crosses === '' ? '' : `<path class="x" d="${crosses}"/>`
  const notch = notches === '' ? '' : `<path class="notch" d="${notches}"/>`
  return markup(marks + cross + notch)
}
