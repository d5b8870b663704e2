// Starts the judge process, which runs the other engines in Python.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export function startJudge(python) {
  const child = spawn(python, [fileURLToPath(new URL('judge.py', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, TZ: 'UTC', PYTHONUNBUFFERED: '1' },
  })
  const waiting = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    // Engines print other lines too, so the answers are marked.
    if (line.startsWith('\u0001')) waiting.shift()?.(JSON.parse(line.slice(1)))
  })
  child.on('exit', () => {
    for (const answer of waiting.splice(0)) answer({ error: 'the judge ended' })
  })
  return {
    async ask(engine, call, ...args) {
      const { result, error } = await new Promise((resolve) => {
        waiting.push(resolve)
        child.stdin.write(`${JSON.stringify({ engine, call, args })}\n`)
      })
      if (error !== undefined) throw new Error(error)
      return result
    },
    close: () => child.stdin.end(),
  }
}
