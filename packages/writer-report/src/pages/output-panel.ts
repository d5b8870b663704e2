import type { RecordedOutput } from '@forge/writer-analytics'
import { bytesText, firstLine, visibleText } from '@forge/writer-core/text'
import { panel } from '../parts/elements.ts'
import { type Html, html } from '../text/html.ts'

const MAX_OUTPUTS = 4
const MAX_CHARACTERS = 4000

const STREAMS: Readonly<Record<RecordedOutput['stream'], string>> = {
  stderr: 'standard error',
  stdout: 'standard output',
  output: 'output',
}

/** Returns the last lines of the output that `record` has kept; null without output. */
export function outputPanel(outputs: readonly RecordedOutput[]): Html | null {
  const written = outputs.filter(({ tail }) => tail.trim() !== '')
  if (written.length === 0) return null
  const blocks = written.slice(0, MAX_OUTPUTS).map(({ phase, step, stream, bytes, tail }, at) => {
    const of = step === null ? null : html` of <bdi>${visibleText(firstLine(`${phase}/${step}`, 80))}</bdi>`
    const { text, isCut } = endOf(tail, bytes)
    const note = isCut ? ` the end of ${bytesText(bytes)}` : ` ${bytesText(bytes)}`
    return html`<details${at === 0 ? html` open` : null}><summary><b>${STREAMS[stream]}</b>${of}${note}</summary><pre>${visibleText(text)}</pre></details>`
  })
  const more =
    written.length > MAX_OUTPUTS ? html`<p class="note">and ${written.length - MAX_OUTPUTS} more streams</p>` : null
  return panel('Output', html`${blocks}${more}`)
}

/** Returns the last whole lines that have room. */
function endOf(tail: string, bytes: number): { readonly text: string; readonly isCut: boolean } {
  const all = tail.trimEnd()
  if (all.length <= MAX_CHARACTERS) return { text: all, isCut: Buffer.byteLength(tail) < bytes }
  const end = all.slice(-MAX_CHARACTERS)
  const line = end.indexOf('\n')
  return { text: line >= 0 && line < MAX_CHARACTERS / 2 ? end.slice(line + 1) : end, isCut: true }
}
