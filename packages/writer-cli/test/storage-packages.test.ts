// @module-tag many-calls
import { existsSync } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { newFolder } from '@forge/writer-core/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { runCli } from './run-cli.ts'

const core = fileURLToPath(new URL('../../writer-core/dist/index.js', import.meta.url))
const isBuilt = existsSync(core)
/** A package that keeps tables in the memory of this process, by their address. */
const MODULE = `import { memoryStorage } from '${pathToFileURL(core).href}'
const places = new Map()
export function storageAt(address, options) {
  if (!places.has(address)) places.set(address, memoryStorage())
  return { ...places.get(address), name: 'acme', location: address, async close() {} }
}
`

let cwd = ''
beforeEach(async () => {
  cwd = newFolder()
  await writeFile(join(cwd, 'a.csv'), 'run_id,phase,step_name,rows_processed\nr1,gold,load,7\nr2,gold,load,8\n')
  await install('acme-storage', MODULE)
  await install('@acme/nothing', 'export const nothing = 1\n')
})

/** Installs a package in the folder, as npm does. */
async function install(name: string, text: string): Promise<void> {
  const folder = join(cwd, 'node_modules', name)
  await mkdir(join(folder, 'lib'), { recursive: true })
  await writeFile(join(folder, 'lib/index.js'), text)
  const exports = { '.': { types: './lib/index.d.ts', import: './lib/index.js' } }
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0', type: 'module', exports }))
}

const json = async (...argv: string[]) => {
  const { code, stdout, stderr } = await runCli([...argv, '--json'], { cwd })
  expect([argv[0], code, stderr]).toEqual([argv[0], 0, ''])
  return JSON.parse(stdout)
}

describe.skipIf(!isBuilt)(`a storage of another package (${isBuilt ? 'built' : 'needs a build'})`, () => {
  test('is named next to its address, and takes every command that works on a log', async () => {
    const place = ['--path', `acme://host/${basename(cwd)}`, '--storage', 'acme-storage']
    await json('ingest', 'a.csv', ...place)
    expect((await json('query', ...place)).rows).toHaveLength(2)
    expect(await json('info', ...place)).toMatchObject({ rowCount: 2 })
    await json('convert', ...place, '--to', 'copy.duckdb', '--to-storage', 'duckdb')
    expect((await json('query', '--path', 'copy.duckdb')).rows).toHaveLength(2)
    expect((await readdir(cwd)).filter((name) => name.startsWith('acme'))).toEqual([])
  })

  test('is the target of a copy, and is named by a config file', async () => {
    const path = `acme://copies/${cwd}`
    await json('ingest', 'a.csv', '--path', 'logs.duckdb')
    await json('convert', '--path', 'logs.duckdb', '--to', path, '--to-storage', 'acme-storage')
    await writeFile(join(cwd, 'forge-writer.config.json'), JSON.stringify({ path, storage: 'acme-storage' }))
    expect((await json('query')).rows).toHaveLength(2)
  })

  test.each([
    ['a package that is not installed', ['--path', 'acme://x', '--storage', 'acme-other'], 2],
    ['a package that opens no storages', ['--path', 'acme://x', '--storage', '@acme/nothing'], 2],
    ['an address without a package', ['--path', 'acme://x'], 2],
    ['a package for a file', ['--path', 'x.duckdb', '--storage', 'acme-storage'], 2],
    ['a package for an address of this project', ['--path', 's3://bucket/x', '--storage', 'acme-storage'], 2],
    ['a path as a package', ['--path', 'acme://x', '--storage', '../acme-storage'], 2],
  ])('%s is refused with exit code 2', async (_name, argv, code) => {
    expect((await runCli(['query', ...argv], { cwd })).code).toBe(code)
  })
})
