// The packages that are published, and how they are packed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** Returns the folder and the manifest of every package that is not private. */
export async function publishablePackages() {
  const found = []
  for (const folder of ['packages', 'apps']) {
    for (const entry of await readdir(join(root, folder))) {
      const path = join(root, folder, entry)
      const text = await readFile(join(path, 'package.json'), 'utf8').catch(() => undefined)
      const manifest = text && JSON.parse(text)
      if (manifest && !manifest.private) found.push({ path, manifest })
    }
  }
  return found
}

/** Packs a package as it would be published. */
export async function pack({ path, manifest }, directory) {
  const tarball = join(directory, `${manifest.name.replace(/\W/g, '-')}.tgz`)
  const { code, output } = await run('npx', ['-y', 'pnpm@12', 'pack', '--out', tarball], path)
  return { tarball, problem: code === 0 ? undefined : `pnpm pack: ${output}` }
}

/** Runs a command to its end. `output` is what it printed; what it printed to standard error is added if it failed. Code 127 if it does not exist. */
export async function run(command, args, cwd, env = {}) {
  const child = spawn(command, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
    env: { ...process.env, ...env },
  })
  let [output, errors] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text
  })
  try {
    const [code] = await once(child, 'close')
    return { code: code ?? 1, output: code === 0 ? output : `${output}${errors}` }
  } catch (error) {
    return { code: 127, output: String(error) }
  }
}
