import { findChangePoints } from '@forge/writer-anomaly/statistics'
import { cover, f1 } from './change-point-score.mjs'
import { changePointSeries } from './change-point-series.mjs'

/** Scores the change points of the package, and of saying that nothing changes, on every kind of series. */
export function scoreChangePoints() {
  const series = changePointSeries()
  const kinds = [...new Set(series.map(({ kind }) => kind))]
  const rate = (find) => {
    const byKind = kinds.map((kind) => {
      const scores = series
        .filter((each) => each.kind === kind)
        .map(({ values, annotations }) => {
          const found = find(values)
          return { cover: cover(values.length, annotations, found), f1: f1(annotations, found) }
        })
      return { kind, series: scores.length, cover: mean(scores, 'cover'), f1: mean(scores, 'f1') }
    })
    return { cover: mean(byKind, 'cover'), f1: mean(byKind, 'f1'), byKind }
  }
  return {
    series: series.length,
    changePoints: rate((values) => findChangePoints(values).indices),
    nothing: rate(() => []),
  }
}

function mean(rows, column) {
  return rows.reduce((sum, row) => sum + row[column], 0) / rows.length
}
