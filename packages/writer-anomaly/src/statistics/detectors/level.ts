import { medianSorted } from 'simple-statistics'
import { type Distance, defineDistance } from './distance.ts'
import { emptyWindow, remember, type Window } from './window.ts'

interface Memory {
  readonly latest: number[]
  readonly means: Window
  points: number
}

const LATEST = 6
const REMEMBERED = 300

/** Measures the distance of the mean of the last 6 points from the median of such means, of the last 300 blocks of 6. */
export const level: Distance = defineDistance<Memory>({
  start: () => ({ latest: [], means: emptyWindow(), points: 0 }),
  measure: (memory, { value }) => {
    const { latest, means } = memory
    latest.push(value)
    if (latest.length > LATEST) latest.shift()
    memory.points += 1
    const mean = latest.reduce((sum, each) => sum + each, 0) / latest.length
    const distance = means.sorted.length < 3 ? null : Math.abs(mean - medianSorted(means.sorted))
    if (memory.points % LATEST === 0) remember(means, mean, REMEMBERED)
    return distance
  },
})
