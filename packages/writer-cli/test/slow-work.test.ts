import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createOutput } from '../src/output/output.ts'
import { showProgress } from '../src/output/slow-work.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Returns what standard error receives while work takes this many seconds. */
async function outputAfter(seconds: number, { isTTY }: { readonly isTTY: boolean }): Promise<string> {
  const written: string[] = []
  const stream = { write: (text: string | Uint8Array) => written.push(String(text)) > 0, once: () => undefined, isTTY }
  const output = createOutput({ stdout: stream, stderr: stream, env: {} })
  const work = showProgress(output, 'exporting', async (say) => {
    say('7 rows')
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000 - 1))
  })
  await vi.advanceTimersByTimeAsync(seconds * 1000)
  await work
  return written.join('')
}

test('work of more than a second is shown on a terminal and cleared at the end', async () => {
  const written = await outputAfter(3, { isTTY: true })
  expect(written).toContain('exporting, 7 rows, 1 s')
  expect(written).toContain('exporting, 7 rows, 2 s')
  expect(written.endsWith('\r\u001b[2K')).toBe(true)
})

test('quick work is not shown, and nothing is shown in a pipe', async () => {
  expect(await outputAfter(1, { isTTY: true })).toBe('')
  expect(await outputAfter(5, { isTTY: false })).toBe('')
})
