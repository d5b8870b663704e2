import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { isRunning, processFacts, readProc } from '../src/process/process-table.ts'

const hasProc = readProc('self/stat') !== undefined

test.skipIf(!hasProc)(
  'facts of a process whose name has blanks and parentheses are right (skipped without /proc)',
  () => {
    const facts = processFacts('self')
    expect(facts).toMatchObject({ pid: process.pid, parentPid: process.ppid })
    expect(facts?.start).toMatch(/^\d+$/)
  },
)

test('a process runs until it has ended, and another one with its id is not it', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  const pid = child.pid ?? 0
  const start = processFacts(pid)?.start
  expect(isRunning(pid, start)).toBe(true)
  if (hasProc) expect(isRunning(pid, '1')).toBe(false)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(isRunning(pid, start)).toBe(false)
})
