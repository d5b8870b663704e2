// @module-tag processes
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newFolder } from '@forge/writer-core/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { bin, canRecord, logRows, record, startProcess, startRecord } from './record-process.ts'

let cwd = ''
beforeEach(() => {
  cwd = newFolder()
})

const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0

/** Runs a command in a terminal of its own, types at it, and prints what the terminal shows and how the command ended. */
const TERMINAL = `
import os, pty, select, signal, sys, time
pid, fd = pty.fork()
if pid == 0:
    # Whatever started the tests may ignore signals, which a terminal's session does not.
    for each in (signal.SIGINT, signal.SIGQUIT): signal.signal(each, signal.SIG_DFL)
    os.execvp(sys.argv[2], sys.argv[2:])
out = b''
last = None
keys = [(part.rsplit('@', 1)) for part in sys.argv[1].split(',') if part]
while True:
    try:
        if select.select([fd], [], [], 0.05)[0]:
            data = os.read(fd, 65536)
            if not data: break
            out += data
    except OSError:
        break
    if keys and keys[0][1].encode() in out:
        key, mark = keys.pop(0)
        out = out.replace(mark.encode(), b'[' + mark.encode()[:1] + b']', 1)
        last = (b'\\x03' if key == '^C' else (key + '\\n').encode(), time.monotonic())
        os.write(fd, last[0])
    elif keys and last and last[0] == b'\\x03' and time.monotonic() - last[1] > 3:
        # Two signals that arrive before a busy process runs are one: people press again.
        last = (last[0], time.monotonic())
        os.write(fd, last[0])
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(out)
how = 'signal %d' % os.WTERMSIG(status) if os.WIFSIGNALED(status) else 'exit %d' % os.WEXITSTATUS(status)
print(); print('ended: ' + how)
`

async function inTerminal(keys: string, command: readonly string[]): Promise<string> {
  const { stdout } = await startProcess('python3', ['-c', TERMINAL, keys, ...command], { cwd }).ended
  return stdout.replaceAll('\r', '')
}

/** Waits until the start of the run is in the spool: signals that arrive while a process is being started are held back by the system. */
const READY = 'until ls logs.duckdb.spool/*.run; do sleep 0.02; done > /dev/null 2>&1; echo ready'

const inRecord = (...argv: string[]) => [process.execPath, bin, 'record', ...argv]

describe.skipIf(!canRecord)('record and signals (skipped if it is not built, or not on Linux)', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const)(
    '%s reaches the command and its children, once',
    async (signal) => {
      const script = `trap 'echo got ${signal}; exit 3' ${signal.slice(3)}; ${READY}; while :; do sleep 0.05; done`
      const started = startRecord(['--', 'bash', '-c', script], { cwd })
      await started.seen('ready')
      started.child.kill(signal)
      const { code, stdout } = await started.ended
      expect({ code, stdout }).toEqual({ code: 3, stdout: `ready\ngot ${signal}\n` })
      const isStop = !signal.startsWith('SIGUSR')
      expect((await logRows(cwd))[0]?.metadata.status).toBe(isStop ? 'cancelled' : 'failed')
    },
  )

  test('a command that handles SIGTERM and succeeds is a success', async () => {
    const started = startRecord(['--', 'bash', '-c', `trap 'exit 0' TERM; ${READY}; while :; do sleep 0.05; done`], {
      cwd,
    })
    await started.seen('ready')
    started.child.kill('SIGTERM')
    expect((await started.ended).code).toBe(0)
    expect((await logRows(cwd))[0]?.metadata.status).toBe('success')
  })

  test('a command that ignores SIGTERM goes on, and so does record', async () => {
    const started = startRecord(['--', 'bash', '-c', `trap '' TERM; ${READY}; sleep 0.5; echo done; exit 4`], { cwd })
    await started.seen('ready')
    started.child.kill('SIGTERM')
    expect(await started.ended).toMatchObject({ code: 4, stdout: 'ready\ndone\n' })
  })

  test('a timeout ends the command and its children by SIGTERM, with exit code 124', async () => {
    const { code } = await record(['--timeout', '300ms', '--', 'sh', '-c', 'sleep 61.37 & sleep 62.37'], { cwd })
    expect(code).toBe(124)
    expect(spawnSync('pgrep', ['-f', '^sleep 6[12].37$']).status).toBe(1)
    expect((await logRows(cwd))[0]).toMatchObject({
      success: false,
      error_message: 'timed out',
      metadata: { status: 'timeout', exit_code: 124 },
    })
  })

  test('a command that ignores the timeout is killed, with exit code 137', async () => {
    const argv = [
      '--timeout',
      '200ms',
      '--kill-after',
      '200ms',
      '--',
      'bash',
      '-c',
      "trap '' TERM; while :; do sleep 0.05; done",
    ]
    expect((await record(argv, { cwd })).code).toBe(137)
    expect((await logRows(cwd))[0]).toMatchObject({
      error_message: 'timed out and was killed',
      metadata: { status: 'timeout' },
    })
  })

  describe.skipIf(!hasPython)('in a terminal (skipped without python3)', () => {
    test('the command has the terminal: colours, size and prompts', async () => {
      const script =
        'test -t 0 && test -t 1 && test -t 2 && echo terminal; printf "name? "; read name; echo "hello $name"'
      const shown = await inTerminal('Ada@name? ', inRecord('--', 'sh', '-c', script))
      expect(shown).toContain('terminal\n')
      expect(shown).toContain('hello Ada\n')
      expect(shown).toContain('ended: exit 0')
      expect((await logRows(cwd))[0]).toMatchObject({ success: true })
    })

    test('a command whose output is kept knows the colours and the size of the terminal', async () => {
      const script = 'test -t 1 || echo "pipe, colours $FORCE_COLOR, $COLUMNS by $LINES"'
      // Which colours a terminal shows is read from these variables too, and a CI sets some of them.
      const unset = 'unset CI NO_COLOR FORCE_COLOR NODE_DISABLE_COLORS COLORTERM TERM_PROGRAM TEAMCITY_VERSION TMUX'
      const sized = `stty cols 91 rows 33; ${unset}; TERM=xterm-256color exec "$0" "$@"`
      const shown = await inTerminal('', ['sh', '-c', sized, ...inRecord('--capture', 'all', '--', 'sh', '-c', script)])
      expect(shown).toContain('pipe, colours 2, 91 by 33\n')
    })

    test('Ctrl-C reaches the command once, and record waits for its end', async () => {
      const script = `trap 'echo interrupted' INT; ${READY}; sleep 0.4 & wait; wait; echo after; exit 9`
      const shown = await inTerminal('^C@ready', inRecord('--', 'bash', '-c', script))
      expect(shown.match(/interrupted/g)).toHaveLength(1)
      expect(shown).toContain('after')
      expect(shown).toContain('ended: exit 9')
      expect((await logRows(cwd))[0]?.metadata).toMatchObject({ status: 'cancelled', exit_code: 9 })
    })

    test('a command that Ctrl-C kills ends record by the same signal', async () => {
      const shown = await inTerminal('^C@ready', inRecord('--', 'bash', '-c', `${READY}; exec sleep 30`))
      expect(shown).toContain('ended: signal 2')
      expect((await logRows(cwd))[0]?.metadata).toMatchObject({ status: 'cancelled', signal: 'SIGINT' })
    })

    test('the second Ctrl-C sends SIGTERM, the third one SIGKILL', async () => {
      const script = `trap 'echo one-int' INT; trap 'echo two-term' TERM; ${READY}; while :; do sleep 0.05; done`
      const shown = await inTerminal('^C@ready,^C@one-int,^C@two-term', inRecord('--', 'bash', '-c', script))
      expect(shown).toContain('ended: signal 9')
      expect((await logRows(cwd))[0]?.metadata).toMatchObject({ status: 'cancelled', signal: 'SIGKILL' })
    })
  })

  test('a process in the background that keeps the output open does not keep record from ending', async () => {
    const started = startRecord(['--', 'sh', '-c', 'echo done >&2; sleep 30 & exit 5'], { cwd })
    const { stdout, stderr } = started.child
    const [code] = await new Promise<[number | null]>((resolve) =>
      started.child.once('exit', (...args) => resolve([args[0]])),
    )
    stdout?.destroy()
    stderr?.destroy()
    expect(code).toBe(5)
    const [row] = await logRows(cwd)
    expect(row?.metadata).toMatchObject({ orphans: 1, output: { stderr: { tail: 'done\n' } } })
    expect(row?.duration_secs).toBeLessThan(20)
  })

  test('--wait-group waits for the processes that the command leaves behind', async () => {
    writeFileSync(join(cwd, 'late.sh'), 'sleep 0.5; echo late > late')
    expect((await record(['--wait-group', '--', 'sh', '-c', 'sh late.sh & exit 0'], { cwd })).code).toBe(0)
    expect(spawnSync('cat', ['late'], { cwd, encoding: 'utf8' }).stdout).toBe('late\n')
  })
})
