// The cases: each resolves with a description of what is wrong, or with undefined.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** Others, some of which keep all output in memory, get less. */
const MEGABYTES = { record: 1024, others: 200 }
const MAX_MEMORY_MB = 300
const LIMIT_MS = 30_000
/** A busy machine takes a minute for a gigabyte. */
const LONG_LIMIT_MS = 300_000
const terminalScript = fileURLToPath(new URL('terminal.py', import.meta.url))
const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0

/** Starts a command under a wrapper in a session of its own. */
function start({ words, env, cwd }, command, { before = [], stdio = 'pipe', input, limitMs = LIMIT_MS } = {}) {
  const [file, ...args] = [...before, ...words, ...command]
  const settings = { ...process.env, HOME: cwd, XDG_CONFIG_HOME: cwd, XDG_STATE_HOME: cwd, ...env }
  const child = spawn(file, args, { cwd, env: settings, stdio, detached: true })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr']) {
    child[name]?.setEncoding('latin1').on('data', (text) => {
      output[name] += text
    })
  }
  // Not every wrapper reads its input to the end.
  child.stdin?.on('error', () => undefined).end(input)
  const timer = setTimeout(() => {
    process.kill(-child.pid, 'SIGKILL')
  }, limitMs)
  const ended = once(child, 'close').then(([code, signal]) => {
    clearTimeout(timer)
    return { code, signal, ...output }
  })
  let hasEnded = false
  void ended.then(() => {
    hasEnded = true
  })
  const awaitText = async (text) => {
    while (!hasEnded && !`${output.stdout}${output.stderr}`.includes(text)) await sleep(20)
  }
  return { child, ended, awaitText }
}

const run = (wrapper, command, options) => start(wrapper, command, options).ended
const shell = (script) => ['sh', '-c', script]
const differs = (expected, found) =>
  JSON.stringify(expected) === JSON.stringify(found)
    ? undefined
    : `${JSON.stringify(found).slice(0, 200)} instead of ${JSON.stringify(expected)}`

/** Returns what a shell sees of the end: a signal, or 128 plus its number. */
const ending = ({ code, signal }) => signal ?? (code > 128 ? `128+${code - 128}` : code)

async function killedBy(wrapper, signal, number) {
  const found = ending(await run(wrapper, shell(`ulimit -c 0; kill -${number} $$`)))
  return found === signal || found === `128+${number}` ? undefined : differs(signal, found)
}

async function inTerminal({ words, env, cwd }, keys, command) {
  const { ended } = start({ words: ['python3', terminalScript], env, cwd }, [
    JSON.stringify(keys),
    ...words,
    ...command,
  ])
  return JSON.parse((await ended).stdout)
}

/** Node connects processes by sockets, which cannot be opened again; `cat` makes standard error a pipe. */
const REAL_PIPE = '{ "$0" "$@" 2>&1 >&3 | cat >&2; exit $PIPESTATUS; } 3>&1'

export const CASES = [
  { name: 'exit code 7', run: async (wrapper) => differs(7, ending(await run(wrapper, shell('exit 7')))) },
  { name: 'killed by SIGKILL', run: (wrapper) => killedBy(wrapper, 'SIGKILL', 9) },
  { name: 'killed by SIGTERM', run: (wrapper) => killedBy(wrapper, 'SIGTERM', 15) },
  {
    name: 'command not found: 127',
    run: async (wrapper) => differs(127, (await run(wrapper, ['no-such-command'])).code),
  },
  {
    name: `${MEGABYTES.record} MB of output (others: ${MEGABYTES.others}), flat memory`,
    async run(wrapper) {
      const megabytes = wrapper.name === 'record' ? MEGABYTES.record : MEGABYTES.others
      const script = `head -c ${megabytes}M /dev/zero | tr '\\0' x >&2; exit 3`
      const stdio = ['ignore', 'ignore', 'pipe']
      const { child, ended } = start(wrapper, shell(script), { stdio, limitMs: LONG_LIMIT_MS })
      const hash = createHash('sha256')
      child.stderr.removeAllListeners('data')
      child.stderr.setEncoding('latin1').on('data', (text) => hash.update(text, 'latin1'))
      let peakMb = 0
      const timer = setInterval(() => {
        peakMb = Math.max(peakMb, peakMemoryMb(child.pid))
      }, 50)
      const { code } = await ended
      clearInterval(timer)
      const expected = spawnSync('sh', ['-c', `head -c ${megabytes}M /dev/zero | tr '\\0' x | sha256sum`], {
        encoding: 'utf8',
      }).stdout.slice(0, 64)
      if (code !== 3) return differs(3, code)
      if (hash.digest('hex') !== expected) return 'the output has changed'
      return peakMb < MAX_MEMORY_MB ? undefined : `${Math.round(peakMb)} MB of memory`
    },
  },
  {
    name: 'streams stay apart',
    async run(wrapper) {
      const { stdout, stderr } = await run(wrapper, shell("printf 'out\\377'; printf 'err\\376' >&2; exit 1"))
      return differs(['out\xff', 'err\xfe'], [stdout, stderr])
    },
  },
  {
    name: 'joined streams keep their order',
    async run(wrapper) {
      const script = 'for i in 1 2 3 4 5; do echo "out $i"; echo "err $i" >&2; done; exit 1'
      const { stdout } = await run(wrapper, shell(script), { before: ['sh', '-c', '"$0" "$@" 2>&1'] })
      return differs([1, 2, 3, 4, 5].map((i) => `out ${i}\nerr ${i}\n`).join(''), stdout)
    },
  },
  {
    name: '/dev/stderr can be opened again',
    async run(wrapper) {
      const { stderr, code } = await run(wrapper, shell('echo text > /dev/stderr || exit 5; exit 1'), {
        before: ['bash', '-c', REAL_PIPE],
      })
      return differs(['text\n', 1], [stderr, code])
    },
  },
  {
    name: 'standard input',
    async run(wrapper) {
      const { stdout } = await run(wrapper, shell('wc -c; exit 1'), { input: 'x'.repeat(500_000) })
      return differs(500_000, Number(stdout))
    },
  },
  {
    name: 'a terminal',
    async run(wrapper) {
      if (!hasPython) return undefined
      const script =
        'test -t 0 && test -t 1 && test -t 2 && echo is-terminal; printf "name? "; read name; echo "hello $name"; exit 1'
      const { shown } = await inTerminal(wrapper, [['Ada\n', 'name? ']], shell(script))
      return shown.includes('is-terminal') && shown.includes('hello Ada')
        ? undefined
        : differs('is-terminal, hello Ada', shown)
    },
  },
  {
    name: 'SIGTERM reaches the command',
    async run(wrapper) {
      const { child, ended, awaitText } = start(wrapper, [
        'bash',
        '-c',
        "trap 'exit 33' TERM; echo ready >&2; echo ready; for i in $(seq 300); do sleep 0.05; done; exit 1",
      ])
      await Promise.race([awaitText('ready'), sleep(4000)])
      await sleep(300)
      child.kill('SIGTERM')
      return differs(33, ending(await ended))
    },
  },
  {
    name: 'a command that ignores SIGTERM is waited for',
    async run(wrapper) {
      const { child, ended, awaitText } = start(wrapper, [
        'bash',
        '-c',
        "trap '' TERM; echo ready >&2; echo ready; sleep 1; exit 34",
      ])
      await Promise.race([awaitText('ready'), sleep(4000)])
      child.kill('SIGTERM')
      return differs(34, ending(await ended))
    },
  },
  {
    name: 'Ctrl-C reaches the command once',
    async run(wrapper) {
      if (!hasPython) return undefined
      const script =
        "trap 'echo interrupted' INT; sleep 0.5; echo ready; for i in 1 2 3 4 5 6 7 8; do sleep 0.1; done; exit 35"
      const { shown, ended } = await inTerminal(wrapper, [['\u0003', 'ready']], ['bash', '-c', script])
      return differs([1, 'exit 35'], [shown.split('interrupted').length - 1, ended])
    },
  },
  {
    name: 'a daemon that keeps the output open',
    async run(wrapper) {
      const { child, ended } = start(wrapper, shell('sleep 20 & exit 36'))
      const startedMs = performance.now()
      const [code] = await once(child, 'exit')
      const secs = (performance.now() - startedMs) / 1000
      child.stdout.destroy()
      child.stderr.destroy()
      await ended
      return secs < 15 ? differs(36, code) : `ended after ${secs.toFixed(1)} s`
    },
  },
]

function peakMemoryMb(pid) {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}
