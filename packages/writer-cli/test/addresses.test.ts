import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newFolder } from '@forge/writer-core/testing'
import { beforeEach, expect, test } from 'vitest'
import { runCli } from './run-cli.ts'

let cwd = ''
beforeEach(async () => {
  cwd = newFolder()
  await writeFile(join(cwd, 'a.csv'), 'run_id,phase,step_name\nr1,gold,s\n')
})

const ADDRESSES = [
  's3://b/x',
  's3://key:hunter2@bucket/x',
  'gs://bucket/x',
  'postgres://u:hunter2@h/db?sslmode=never',
  'md:x',
  ':memory:',
  '~/x.duckdb',
  'file:///tmp/x.duckdb',
]

for (const [name, argv, files] of [
  ['the log', (address: string) => ['ingest', 'a.csv', '--path', address], {}],
  ['the log, by a config file', () => ['ingest', 'a.csv'], { config: true }],
  ['the target of convert', (address: string) => ['convert', '--to', address, '--to-storage', 'delta'], { log: true }],
  ['an export', (address: string) => ['export', '-o', address, '-f', 'csv'], { log: true }],
  ['a Delta table', (address: string) => ['delta', 'inspect', address], {}],
] as const) {
  test(`an address is refused as ${name}, with exit code 2, and nothing is made`, async () => {
    if ('log' in files) expect(await runCli(['ingest', 'a.csv'], { cwd })).toMatchObject({ code: 0 })
    for (const address of ADDRESSES) {
      if ('config' in files) await writeFile(join(cwd, 'forge-writer.config.json'), JSON.stringify({ path: address }))
      const before = await readdir(cwd)
      const { code, stderr } = await runCli(argv(address), { cwd })
      expect([address, code]).toEqual([address, 2])
      expect(stderr).not.toContain('hunter2')
      expect(await readdir(cwd)).toEqual(before)
    }
  })
}
