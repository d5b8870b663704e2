// Packs every publishable package as it would be published and judges the tarball: publint, attw, and what it must contain.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const REQUIRED_FIELDS = ['description', 'license', 'engines', 'exports', 'files', 'type']
const REQUIRED_FILES = ['package/LICENSE', 'package/README.md', 'package/package.json']
const PARALLEL = 2

const packages = await publishablePackages()
const directory = await mkdtemp(join(tmpdir(), 'forge-pack-'))
let failures = 0
try {
  const queue = [...packages]
  await Promise.all(
    Array.from({ length: PARALLEL }, async () => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const problems = await judge(next)
        failures += problems.length === 0 ? 0 : 1
        process.stdout.write(`${next.manifest.name}: ${problems.length === 0 ? 'ok' : problems.join('\n  ')}\n`)
      }
    }),
  )
} finally {
  await rm(directory, { recursive: true, force: true })
}
process.exitCode = failures === 0 ? 0 : 1

async function publishablePackages() {
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

async function judge({ path, manifest }) {
  const problems = REQUIRED_FIELDS.filter((field) => !(field in manifest)).map((field) => `package.json lacks ${field}`)
  if (manifest.sideEffects !== false) problems.push('package.json lacks "sideEffects": false')
  const tarball = join(directory, `${manifest.name.replace(/\W/g, '-')}.tgz`)
  const packed = await run('npx', ['-y', 'pnpm@12', 'pack', '--out', tarball], path)
  if (packed.code !== 0) return [...problems, `pnpm pack: ${packed.output}`]
  const listed = (await run('tar', ['-tzf', tarball], root)).output.split('\n')
  problems.push(...REQUIRED_FILES.filter((file) => !listed.includes(file)).map((file) => `tarball lacks ${file}`))
  const packedManifest = JSON.parse((await run('tar', ['-xzOf', tarball, 'package/package.json'], root)).output)
  if (JSON.stringify(packedManifest.exports).includes('@forge/source')) problems.push('exports name the source')
  if (JSON.stringify(packedManifest.dependencies ?? {}).includes('workspace:'))
    problems.push('workspace: was not replaced')
  for (const [tool, args] of [
    ['publint', ['run', tarball, '--strict']],
    ['attw', [tarball, '--profile', 'esm-only', '--no-emoji', '--format', 'ascii']],
  ]) {
    const { code, output } = await run(join(root, 'node_modules/.bin', tool), args, root)
    if (code !== 0) problems.push(`${tool}: ${output}`)
  }
  return problems
}

async function run(command, args, cwd) {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' })
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text
  })
  const [code] = await once(child, 'close')
  return { code, output: code === 0 ? output : `${output}${errors}` }
}
