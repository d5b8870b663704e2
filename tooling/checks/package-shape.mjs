// Packs every publishable package as it would be published and judges the tarball: publint, attw, and what it must contain.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pack, publishablePackages, root, run } from './publishable.mjs'

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

async function judge(publishable) {
  const { manifest } = publishable
  const problems = REQUIRED_FIELDS.filter((field) => !(field in manifest)).map((field) => `package.json lacks ${field}`)
  if (manifest.sideEffects !== false) problems.push('package.json lacks "sideEffects": false')
  const { tarball, problem } = await pack(publishable, directory)
  if (problem) return [...problems, problem]
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
