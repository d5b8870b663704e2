// What the checks share: the tally, and programs whose output is read.
import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Returns a function that runs a program and resolves with the lines of its output. A program that does not end well is a failed check. */
export function runner(tally) {
  return async (command, args, env) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.on('data', (part) => {
      text += part
    })
    const [code, signal] = await once(child, 'close')
    tally.check(`${args.slice(1).join(' ')} ends well (${signal ?? code})`, code === 0)
    return text.split('\n').filter((line) => line !== '')
  }
}

/** Returns a counter of checks, which prints those that fail. */
export function counter() {
  const tally = {
    passed: 0,
    failed: 0,
    check(name, isTrue) {
      if (isTrue) tally.passed++
      else tally.failed++
      if (!isTrue) process.stdout.write(`FAILED  ${name}\n`)
    },
    same(name, found, expected) {
      const isSame = JSON.stringify(found) === JSON.stringify(expected)
      tally.check(name, isSame)
      if (!isSame) process.stdout.write(`  found ${found.length}, expected ${expected.length}\n`)
    },
  }
  return tally
}
