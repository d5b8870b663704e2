import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createOutput } from '../src/output/output.ts'
import { tellWhile } from '../src/output/slow-work.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** What standard error gets while work takes so many seconds. */
async function toldIn(seconds: number, { isTTY }: { readonly isTTY: boolean }): Promise<string> {
  const told: string[] = []
  const stream = { write: (text: string | Uint8Array) => told.push(String(text)) > 0, once: () => undefined, isTTY }
  const output = createOutput({ stdout: stream, stderr: stream, env: {} })
  const work = tellWhile(output, 'exporting', async (say) => {
    say('7 rows')
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000 - 1))
  })
  await vi.advanceTimersByTimeAsync(seconds * 1000)
  await work
  return told.join('')
}

test('what takes longer than a second is told on a terminal, and wiped away', async () => {
  const told = await toldIn(3, { isTTY: true })
  expect(told).toContain('exporting, 7 rows, 1 s')
  expect(told).toContain('exporting, 7 rows, 2 s')
  expect(told.endsWith('\r\u001b[2K')).toBe(true)
})

test('what is quick is not told, and in a pipe nothing is', async () => {
  expect(await toldIn(1, { isTTY: true })).toBe('')
  expect(await toldIn(5, { isTTY: false })).toBe('')
})
