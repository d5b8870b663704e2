import type { RecordedOutput } from '@forge/writer-analytics'
import { bytesText, countOf, visibleLine, visibleText } from '@forge/writer-core/text'
import type { Output } from './output.ts'

const MAX_LINES = 20

/** Yields the last lines of the output that `record` has kept. */
export function* outputLines(outputs: readonly RecordedOutput[], { style }: Output): Generator<string> {
  for (const { phase, step, stream, bytes, tail } of outputs) {
    const text = tail.trimEnd()
    if (text === '') continue
    const lines = visibleText(text).split('\n')
    const shown = lines.slice(-MAX_LINES)
    yield ''
    const of = step === null ? '' : ` of ${phase}/${step}`
    yield style('bold', visibleLine(`${stream}${of}, ${bytesText(bytes)}`))
    if (shown.length < lines.length || Buffer.byteLength(tail) < bytes) {
      yield style('gray', `the last ${countOf(shown.length, 'line', 'lines')}; --json has all that is kept`)
    }
    for (const line of shown) yield `  ${line}`
  }
}
