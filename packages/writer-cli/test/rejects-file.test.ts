import { chmod, chown, link, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newFolder } from '@forge/writer-core/testing'
import { beforeEach, expect, test } from 'vitest'
import { runCli } from './run-cli.ts'

let cwd = ''
const victim = () => join(cwd, 'victim')
/** The name that every call of these tests would choose, as its clock stands still. */
const DEFAULT_NAME = 'rejects-20261130T120000Z.ndjson'

beforeEach(async () => {
  cwd = newFolder()
  await writeFile(join(cwd, 'rows.ndjson'), '{"run_id":')
  await writeFile(victim(), 'kept')
})

const ingest = (...more: readonly string[]) => runCli(['ingest', 'rows.ndjson', ...more], { cwd })

test.each([
  ['a symbolic link', () => symlink(victim(), join(cwd, DEFAULT_NAME))],
  ['a link to nothing', () => symlink(join(cwd, 'nothing'), join(cwd, DEFAULT_NAME))],
  ['a hard link', () => link(victim(), join(cwd, DEFAULT_NAME))],
  ['a file of somebody', () => writeFile(join(cwd, DEFAULT_NAME), '')],
])('%s with the name that rejects would get is left alone, and the next name is used', async (_what, plant) => {
  await plant()
  const { stderr } = await ingest()
  const next = join(cwd, 'rejects-20261130T120000Z-2.ndjson')
  expect(stderr).toContain(next)
  expect(JSON.parse(await readFile(next, 'utf8'))).toMatchObject({ file: 'rows.ndjson', line: 1 })
  expect((await stat(next)).mode & 0o077).toBe(0)
  expect(await readFile(victim(), 'utf8')).toBe('kept')
  expect(await readdir(cwd)).not.toContain('nothing')
  // Neither is read as a file with records.
  expect((await runCli(['ingest', '.', '--json'], { cwd })).stdout).toContain('"records": 1')
})

test.each([
  ['a symbolic link', () => symlink(victim(), join(cwd, 'bad.ndjson'))],
  ['a hard link', () => link(victim(), join(cwd, 'bad.ndjson'))],
])('%s is refused as the file of --rejects, and what it leads to stays as it is', async (_what, plant) => {
  await plant()
  const { code, stderr } = await ingest('--rejects', 'bad.ndjson')
  expect(code).toBe(1)
  expect(stderr).toContain('link')
  expect(await readFile(victim(), 'utf8')).toBe('kept')
})

test('rejects are added to a file that is named again', async () => {
  await ingest('--rejects', 'bad.ndjson')
  await ingest('--rejects', 'bad.ndjson')
  expect((await readFile(join(cwd, 'bad.ndjson'), 'utf8')).trim().split('\n')).toHaveLength(2)
})

test.skipIf(process.getuid?.() !== 0)(
  'a file of another user in a folder of everybody is refused (skipped unless root)',
  async () => {
    await writeFile(join(cwd, 'bad.ndjson'), '')
    await chown(join(cwd, 'bad.ndjson'), 65534, 65534)
    await chmod(cwd, 0o1777)
    const { code, stderr } = await ingest('--rejects', 'bad.ndjson')
    expect(code).toBe(1)
    expect(stderr).toContain('another user')
    expect(await readFile(join(cwd, 'bad.ndjson'), 'utf8')).toBe('')
  },
)
