import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newFolder } from '@forge/writer-core/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { discoverConfigFile } from '../src/command/discover.ts'
import { runCli } from './run-cli.ts'

let folder = ''
beforeEach(() => {
  folder = newFolder()
})

async function settingsOf(argv: readonly string[], env: Record<string, string> = {}, cwd = folder) {
  const { stdout, stderr, code } = await runCli(['config', '--json', ...argv], { cwd, env })
  if (code !== 0) throw new Error(stderr)
  const { settings } = JSON.parse(stdout) as {
    settings: { setting: string; value: unknown; origin: string; from: string }[]
  }
  return new Map(settings.map((each) => [each.setting, each]))
}

test('the nearest file up to the root of the repository is found, and none beyond', async () => {
  const inner = join(folder, 'repository', 'a', 'b')
  await mkdir(inner, { recursive: true })
  await mkdir(join(folder, 'repository', '.git'))
  await writeFile(join(folder, 'forge-writer.config.json'), '{}')
  const find = () => discoverConfigFile({ named: undefined, cwd: inner, env: { HOME: join(folder, 'nobody') } })
  expect(await find()).toBeUndefined()
  const file = join(folder, 'repository', 'forge-writer.config.yaml')
  await writeFile(file, 'tableName: logs')
  expect(await find()).toBe(file)
})

test('the config file of the user is used if the project has none', async () => {
  await mkdir(join(folder, 'xdg', 'forge-writer'), { recursive: true })
  await mkdir(join(folder, 'work'))
  await writeFile(join(folder, 'xdg', 'forge-writer', 'forge-writer.config.json'), '{"tableName":"mine"}')
  const settings = await settingsOf([], { XDG_CONFIG_HOME: join(folder, 'xdg') }, join(folder, 'work'))
  expect(settings.get('tableName')).toMatchObject({ value: 'mine', origin: 'file' })
})

test('flags override the environment, the file and defaults, and each setting shows its source', async () => {
  await writeFile(
    join(folder, 'forge-writer.config.yaml'),
    'tableName: a\ntableSchema: b\nbatchSize: 7\npath: data/x.duckdb\n',
  )
  const settings = await settingsOf(['--table', 'c'], { FORGE_WRITER_TABLE_SCHEMA: 'd', FORGE_WRITER_TABLE_NAME: 'e' })
  expect(settings.get('tableName')).toMatchObject({ value: 'c', origin: 'flag', from: '--table' })
  expect(settings.get('tableSchema')).toMatchObject({
    value: 'd',
    origin: 'environment',
    from: 'FORGE_WRITER_TABLE_SCHEMA',
  })
  expect(settings.get('batchSize')).toMatchObject({ value: 7, origin: 'file' })
  expect(settings.get('path')).toMatchObject({ value: join(folder, 'data/x.duckdb'), origin: 'file' })
  expect(settings.get('writeMode')).toMatchObject({ value: 'append', origin: 'default' })
})

test('an environment overlays what the file extends', async () => {
  await writeFile(
    join(folder, 'base.json'),
    '{"batchSize": 1, "maxRetries": 1, "environments": {"prod": {"batchSize": 9}}}',
  )
  await writeFile(join(folder, 'forge-writer.config.json'), '{"extends": "./base.json", "maxRetries": 2}')
  const plain = await settingsOf([])
  expect([plain.get('batchSize')?.value, plain.get('maxRetries')?.value]).toEqual([1, 2])
  const prod = await settingsOf(['--env', 'prod'])
  expect([prod.get('batchSize')?.value, prod.get('maxRetries')?.value]).toEqual([9, 2])
})

test.each([
  ['{"tableNam": "x"}', /error CONFIGURATION[\s\S]*tableNam\b[\s\S]*tableName/],
  ['{"batchSize": 0}', /error CONFIGURATION[\s\S]*batchSize/],
  ['[1]', /error CONFIGURATION.*forge-writer\.config\.json/],
  ['{', /line 1, column 2/],
  [
    '{"extends": "./forge-writer.config.json"}',
    /error CONFIGURATION.*forge-writer\.config\.json.* -> .*forge-writer\.config\.json/,
  ],
])('a file with %s is refused with the reason', async (text, message) => {
  await writeFile(join(folder, 'forge-writer.config.json'), text)
  const { code, stderr, stdout } = await runCli(['config'], { cwd: folder })
  expect(stdout).toBe('')
  expect(stderr).toMatch(message)
  expect(code).toBeGreaterThan(0)
})

test('an environment that is not there is refused with those that are', async () => {
  await writeFile(join(folder, 'forge-writer.config.json'), '{"environments": {"dev": {}}}')
  const { code, stderr } = await runCli(['config', '--env', 'prod'], { cwd: folder })
  expect(code).toBe(2)
  expect(stderr).toMatch(/\bprod\b.*\bdev\b/)
})

test('addresses of webhooks are shown by their host alone, in errors too', async () => {
  const to = 'https://hooks.example.com/services/T0/B0/token'
  const settings = await settingsOf([], { FORGE_WRITER_ALERTS: JSON.stringify([{ kind: 'slack', to }]) })
  expect(settings.get('alerts')?.value).toEqual([{ kind: 'slack', to: 'https://hooks.example.com/…' }])
  const wrong = await runCli(['config'], { cwd: folder, env: { FORGE_WRITER_ALERTS: JSON.stringify([to]) } })
  expect(wrong.stderr).toContain('alerts.0')
  expect(wrong.stderr).not.toContain('token')
})

test('an environment without a config file is refused, as nothing would come of it', async () => {
  const { code, stderr } = await runCli(['config', '--env', 'prod'], { cwd: folder })
  expect(code).toBe(2)
  expect(stderr).toContain('--config')
  expect((await runCli(['config'], { cwd: folder, env: { FORGE_WRITER_ENV: '' } })).code).toBe(0)
})

describe('secrets of settings', () => {
  const SECRET = 'hunter2'
  const alerts = [
    { kind: 'command', to: `curl -u ops:${SECRET} --header X:${SECRET} https://example.com/${SECRET}` },
    { kind: 'command', to: `NOTIFY_TOKEN=${SECRET} /usr/bin/notify` },
    { kind: 'webhook', to: `https://ops:${SECRET}@example.com/hook/${SECRET}?token=${SECRET}#${SECRET}` },
    { kind: 'slack', to: `hooks.slack.com/services/${SECRET}` },
    { kind: 'slack', to: 'xoxb-hunter2', apiUrl: `https://ops:${SECRET}@slack.example.com/api?k=${SECRET}` },
    { kind: 'pagerduty', to: SECRET },
    { kind: 'slack', to: '#data', linkTemplate: `https://runs.example.com/{run_id}?key=${SECRET}` },
    { kind: 'email', to: 'ops@example.com', owners: [`password=${SECRET}`] },
  ]

  test.each([[['config']], [['config', '--json']]])(
    '%j prints none of them, and what is left can be recognized',
    async (argv) => {
      await writeFile(join(folder, 'forge-writer.config.json'), JSON.stringify({ alerts }))
      const { code, stdout, stderr } = await runCli(argv, { cwd: folder })
      expect(code).toBe(0)
      expect(stdout + stderr).not.toContain(SECRET)
      for (const kept of [
        'curl …',
        'NOTIFY_TOKEN=…',
        'https://example.com/…',
        '#data',
        'ops@example.com',
        'https://runs.example.com/{run_id}?…',
      ])
        expect(stdout).toContain(kept)
    },
  )

  test('in other settings are masked, too', async () => {
    const settings = await settingsOf([], { FORGE_WRITER_REDACT: `["password=${SECRET}"]` })
    expect(settings.get('redact')?.value).toEqual(['password=***'])
  })

  test('are refused as the name of a variable without being repeated', async () => {
    const wrong = JSON.stringify([{ kind: 'slack', to: '#data', secretEnv: `xoxb-${SECRET}` }])
    const { code, stderr } = await runCli(['config'], { cwd: folder, env: { FORGE_WRITER_ALERTS: wrong } })
    expect(code).toBe(2)
    expect(stderr).toContain('secretEnv')
    expect(stderr).not.toContain(SECRET)
  })

  test.each([
    ['forge-writer.config.json', `{\n  "alerts": [{ "kind": "slack", "to": "${SECRET}" } "${SECRET}"]\n}`, 2],
    ['forge-writer.config.json', `{ "tableName": ${SECRET} }`, 1],
    ['forge-writer.config.yaml', `tableName: a\nalerts: [ "${SECRET}"\npassword: ${SECRET}: ${SECRET}\n`, 3],
    ['forge-writer.config.yaml', `password: "${SECRET}\n`, 2],
    ['forge-writer.config.yaml', `a: *${SECRET}\n`, 1],
  ])('are not in the error of %s that cannot be parsed: %j', async (name, text, line) => {
    await writeFile(join(folder, name), text)
    const { code, stdout, stderr } = await runCli(['config'], { cwd: folder, env: { DEBUG: '1' } })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).not.toContain(SECRET)
    expect(stderr).toContain(`line ${line},`)
  })
})
