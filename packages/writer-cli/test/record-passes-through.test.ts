// @module-tag processes
import { createHash } from 'node:crypto'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newFolder } from '@forge/writer-core/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { bin, canRecord, logRows, record, startProcess, startRecord } from './record-process.ts'

let cwd = ''
beforeEach(() => {
  cwd = newFolder()
})

const run = (...argv: string[]) => record(argv, { cwd })

describe.skipIf(!canRecord)('record passes everything through (skipped if it is not built, or not on Linux)', () => {
  test('a command that succeeds is one row with its duration and command', async () => {
    const { code, stdout, stderr } = await run('--', 'sh', '-c', 'echo hello; sleep 0.5')
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'hello\n', stderr: '' })
    const [row, ...others] = await logRows(cwd)
    expect(others).toEqual([])
    expect(row).toMatchObject({
      pipeline_id: 'sh',
      phase: 'pipeline',
      step_name: 'sh',
      step_type: 'run',
      success: true,
      error_message: null,
      metadata: { status: 'success', exit_code: 0, command: "sh -c 'echo hello; sleep 0.5'" },
    })
    expect(row?.duration_secs).toBeGreaterThanOrEqual(0.5)
    expect(row?.metadata.output).toBeUndefined()
  })

  test('the peak of memory is stored with the way in which it was measured', async () => {
    const rows = []
    // On a busy machine a short command may end before it was measured, and then has no figure.
    for (const seconds of [1, 4, 16, 60]) {
      await run('--pipeline', `sleeps-${seconds}`, '--', 'sleep', String(seconds))
      const [row] = (await logRows(cwd)).filter(({ pipeline_id }) => pipeline_id === `sleeps-${seconds}`)
      rows.push(row)
      if (row?.metadata.memory_method !== undefined) break
      expect(row?.memory_usage_mb).toBeNull()
    }
    const row = rows.at(-1)
    // One process has a high-water mark of its own; a group is the sum of its processes.
    expect(['hwm', 'cgroup', 'rss-sum']).toContain(row?.metadata.memory_method)
    expect(row?.memory_usage_mb).toBeGreaterThan(0.2)
    expect(row?.memory_usage_mb).toBeLessThan(100)
  })

  test('the exit code of the command is that of record', async () => {
    expect((await run('--', 'sh', '-c', 'echo no >&2; exit 7')).code).toBe(7)
    const [row] = await logRows(cwd)
    expect(row).toMatchObject({
      success: false,
      error_message: 'exit code 7: no',
      metadata: { status: 'failed', exit_code: 7 },
    })
    expect(row?.metadata.output.stderr).toEqual({ bytes: 3, tail: 'no\n' })
  })

  test.each(['SIGKILL', 'SIGTERM', 'SIGSEGV', 'SIGPIPE', 'SIGUSR1'] as const)(
    'a command that is killed by %s ends record by the same signal',
    async (signal) => {
      const { code, signal: seen } = await run('--', 'sh', '-c', `ulimit -c 0; kill -${signal.slice(3)} $$`)
      expect({ code, signal: seen }).toEqual({ code: null, signal })
      expect((await logRows(cwd))[0]).toMatchObject({
        success: false,
        error_message: `killed by ${signal}`,
        metadata: { status: 'error', signal },
      })
    },
  )

  test('a command that does not exist exits with 127, one that is not executable with 126, as in a shell', async () => {
    const missing = await run('--', 'no-such-command')
    expect(missing.code).toBe(127)
    expect(missing.stderr).toMatch(/no-such-command: command not found/)
    writeFileSync(join(cwd, 'plain.txt'), 'text')
    chmodSync(join(cwd, 'plain.txt'), 0o644)
    expect((await run('--', './plain.txt')).code).toBe(126)
    expect((await run('--', './plain.txt/inner')).code).toBe(127)
    const rows = await logRows(cwd)
    expect(rows.map(({ metadata }) => [metadata.status, metadata.exit_code])).toEqual([
      ['error', 127],
      ['error', 126],
      ['error', 127],
    ])
  })

  test('a script without an interpreter line runs, as in a shell', async () => {
    writeFileSync(join(cwd, 'plain.sh'), 'echo ran')
    chmodSync(join(cwd, 'plain.sh'), 0o755)
    expect(await run('--', './plain.sh')).toMatchObject({ code: 0, stdout: 'ran\n' })
  })

  test('arguments reach the command as they are', async () => {
    const args = ['', ' a  b ', '$HOME', '*', "it's", '"', '\\n', 'ü𝄞', '--', '-x', '--pipeline', '\n']
    const { stdout } = await run(
      '--',
      process.execPath,
      '-e',
      'console.log(JSON.stringify(process.argv.slice(1)))',
      '--',
      ...args,
    )
    expect(JSON.parse(stdout)).toEqual(args)
  })

  test('without --, options after the command belong to the command', async () => {
    expect(await run('--pipeline', 'p', 'echo', '--step', 'x')).toMatchObject({ code: 0, stdout: '--step x\n' })
    expect((await logRows(cwd))[0]).toMatchObject({ pipeline_id: 'p' })
  })

  test('a command starts in a folder that has been removed, as without record', async () => {
    const script = `mkdir gone && cd gone && rmdir ../gone && exec "$0" "$@"`
    const command = ['--path', join(cwd, 'logs.duckdb'), '--', 'sh', '-c', 'echo out; exit 7']
    const ended = startProcess('sh', ['-c', script, process.execPath, bin, 'record', ...command], { cwd }).ended
    expect(await ended).toMatchObject({ code: 7, stdout: 'out\n' })
    expect(await logRows(cwd)).toMatchObject([{ success: false, metadata: { exit_code: 7 } }])
  })

  test('standard input reaches the command to its end', async () => {
    const input = 'line\n'.repeat(50_000)
    const { stdout } = await record(['--', 'wc', '-c'], { cwd, input })
    expect(Number(stdout)).toBe(input.length)
    expect(await record(['--', 'cat'], { cwd, input: '' })).toMatchObject({ code: 0, stdout: '' })
  })

  test('both streams stay apart, byte for byte', async () => {
    const script = "printf 'a\\0\\377out'; printf 'e\\0\\376err' >&2; printf tail"
    const started = startRecord(['--', 'sh', '-c', script], { cwd })
    started.child.stdout?.setEncoding('latin1')
    started.child.stderr?.setEncoding('latin1')
    const { stdout, stderr } = await started.ended
    expect(stdout).toBe('a\0\xffouttail')
    expect(stderr).toBe('e\0\xfeerr')
  })

  test('streams that the caller has joined keep their order', async () => {
    const script = 'for i in 1 2 3 4 5 6 7 8 9; do echo "out $i"; echo "err $i" >&2; done; exit 3'
    const { stdout, code } = await startProcess(
      'sh',
      ['-c', `"$0" "$@" 2>&1`, process.execPath, bin, 'record', '--', 'sh', '-c', script],
      { cwd },
    ).ended
    expect(code).toBe(3)
    expect(stdout).toBe(Array.from({ length: 9 }, (_none, i) => `out ${i + 1}\nerr ${i + 1}\n`).join(''))
    expect((await logRows(cwd))[0]?.metadata.output.output.tail).toBe(stdout)
  })

  test('a command can open /dev/stderr and /dev/stdout again', async () => {
    const { stdout, stderr, code } = await run(
      '--capture',
      'all',
      '--',
      'sh',
      '-c',
      'echo one > /dev/stdout; echo two | tee /dev/stderr',
    )
    expect({ stdout, stderr, code }).toEqual({ stdout: 'one\ntwo\n', stderr: 'two\n', code: 0 })
  })

  test('descriptors of process substitution reach the command', async () => {
    const { stdout } = await startProcess(
      'bash',
      ['-c', `"$0" "$@" <(echo one) <(echo two)`, process.execPath, bin, 'record', '--', 'cat'],
      { cwd },
    ).ended
    expect(stdout).toBe('one\ntwo\n')
  })

  test('the job server of make reaches a make that is recorded', async () => {
    writeFileSync(
      join(cwd, 'Makefile'),
      `all:\n\t+@${process.execPath} ${bin} record -- $(MAKE) -s inner\ninner: a b\na b:\n\t@echo $@\n.PHONY: all inner a b\n`,
    )
    const { stdout, stderr, code } = await startProcess('make', ['-j2', '-s', 'all'], { cwd }).ended
    expect({ code, stderr, lines: stdout.trim().split('\n').toSorted() }).toEqual({
      code: 0,
      stderr: '',
      lines: ['a', 'b'],
    })
  })

  test('a gigabyte of output passes unchanged, and the memory of record stays flat', async () => {
    const megabytes = Number(process.env.FORGE_RECORD_OUTPUT_MB ?? 256)
    const script = `head -c ${megabytes}M /dev/zero | tr '\\0' 'x' | tee /dev/stderr | sha256sum; exit 1`
    const shell = `"$0" "$@" 2>"${join(cwd, 'err')}" & pid=$!; while kill -0 $pid 2>/dev/null; do grep VmHWM /proc/$pid/status >> hwm 2>/dev/null; sleep 0.1; done; wait $pid`
    const { stdout, code } = await startProcess(
      'sh',
      ['-c', shell, process.execPath, bin, 'record', '--', 'sh', '-c', script],
      { cwd },
    ).ended
    expect(code).toBe(1)
    const bytes = readFileSync(join(cwd, 'err'))
    expect(stdout.slice(0, 64)).toBe(createHash('sha256').update(bytes).digest('hex'))
    expect(bytes.length).toBe(megabytes * 1024 * 1024)
    const peaks = readFileSync(join(cwd, 'hwm'), 'utf8').match(/\d+/g)?.map(Number) ?? []
    expect(Math.max(...peaks)).toBeLessThan(400 * 1024)
    const { stderr } = (await logRows(cwd))[0]?.metadata.output ?? {}
    expect(stderr).toMatchObject({ bytes: bytes.length, cut_bytes: bytes.length - 68 * 1024 })
    expect(stderr.tail).toHaveLength(64 * 1024)
  })

  test('a reader that goes away ends the command as it would without record', async () => {
    const { code } = await startProcess(
      'bash',
      ['-c', `"$0" "$@" 2>&1 | head -n 1; exit \${PIPESTATUS[0]}`, process.execPath, bin, 'record', '--', 'yes'],
      { cwd },
    ).ended
    expect(code).toBe(141)
  })
})
