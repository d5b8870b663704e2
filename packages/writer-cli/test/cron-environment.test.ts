import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newFolder } from '@forge/writer-core/testing'
import { expect, test } from 'vitest'
import { runCli } from './run-cli.ts'

test('doctor --cron names what jobs would miss: programs outside of the path of cron, and variables', async () => {
  const cwd = newFolder()
  writeFileSync(join(cwd, 'dbt'), '#!/bin/sh\n')
  chmodSync(join(cwd, 'dbt'), 0o755)
  const env = { PATH: `${cwd}:/usr/bin:/bin`, SHELL: '/bin/zsh', TZ: 'Europe/Berlin', PGPASSWORD: 'secret' }
  const { code, stdout } = await runCli(['doctor', '--cron', '--json'], { cwd, env })
  const { checks } = JSON.parse(stdout)
  expect(code).toBe(0)
  expect(checks.map(({ name, status }: Record<string, unknown>) => [name, status])).toEqual([
    ['programs', 'warning'],
    ['variables', 'warning'],
    ['shell', 'warning'],
  ])
  expect(checks[0].detail).toContain('dbt')
  expect(checks[1].detail).toContain('PGPASSWORD, TZ')
  expect(stdout).not.toContain('secret')
  const plain = await runCli(['doctor', '--cron'], { cwd, env: { PATH: '/usr/bin:/bin' } })
  expect(plain.code).toBe(0)
  expect(plain.stdout).toMatch(/^ok/)
  expect((await runCli(['doctor', '--cron', '--repair'], { cwd })).code).toBe(2)
})
