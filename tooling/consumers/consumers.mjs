// `npm run consumers`: packs every package, installs the tarballs in empty folders and uses them as teams do: with npm and pnpm, on several versions of Node,
// Bun and Deno, and by several versions of TypeScript without skipLibCheck. Ends with the line `N passed, N failed`.
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pack, publishablePackages, root, run } from '../checks/publishable.mjs'

const NODES = ['20.19.0', '22', '24', '26']
/** The limits of all tarballs, and of a folder in which all packages are installed, the engine included. */
const MAX_PACKED_KB = 2000
const MAX_INSTALLED_MB = 180
const OLD_NODE = '18'
const TYPESCRIPTS = ['5.5', '5.9', '7.0']
const SAMPLE = join(root, 'tooling/fixtures/data/samples/dbt/build/run_results.json')

const directory = await mkdtemp(join(tmpdir(), 'forge-consumers-'))
const readme = await readFile(join(root, 'README.md'), 'utf8')
const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)]
  .map(([, text]) => text)
  .filter((text) => /^import /m.test(text))
const [quickStart = ''] = blocks
let [passed, failed] = [0, 0]

try {
  const tarballs = await packAll()
  const npm = await newFolder('npm', tarballs)
  if (await succeeds('npm installs all packages', npm, 'npm', ['install', '--no-audit', '--no-fund'])) {
    await succeeds(
      'the quick start runs on this Node',
      npm,
      process.execPath,
      ['quick-start.mjs'],
      /^1 row in version 0$/m,
    )
    await measureSizes(npm, tarballs)
    await refusesOldNode(npm)
    for (const version of NODES) await runsWith(`Node ${version}`, npm, `node@${version}`)
    await runsWith('Bun', npm, 'bun')
    await runsWith('Deno', npm, 'deno', ['run', '--allow-all'])
    await commandLine(npm)
    for (const version of TYPESCRIPTS) await compiles(npm, version)
    await succeeds('every entry of every package can be imported', npm, process.execPath, ['entries.mjs'])
  }
  const pnpm = await newFolder('pnpm', tarballs)
  // The script of protobufjs only compares versions; the README of the package for Spark tells users of pnpm.
  const settings = `overrides:\n${overridesOf(tarballs)}allowBuilds:\n  protobufjs: false\n`
  await writeFile(join(pnpm, 'pnpm-workspace.yaml'), settings)
  if (await succeeds('pnpm installs all packages', pnpm, 'npx', ['-y', 'pnpm@12', 'install']))
    await succeeds(
      'the quick start runs after pnpm',
      pnpm,
      process.execPath,
      ['quick-start.mjs'],
      /^1 row in version 0$/m,
    )
} finally {
  await rm(directory, { recursive: true, force: true })
}
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1

async function packAll() {
  const tarballs = new Map()
  for (const each of await publishablePackages()) {
    const { tarball, problem } = await pack(each, directory)
    if (problem) throw new Error(problem)
    tarballs.set(each.manifest.name, { tarball, manifest: each.manifest })
  }
  return tarballs
}

/** Creates a folder as a user has it: a manifest with all packages, and the programs of the README. */
async function newFolder(name, tarballs) {
  const folder = join(directory, name)
  await mkdir(folder)
  const dependencies = Object.fromEntries([...tarballs].map(([each, { tarball }]) => [each, `file:${tarball}`]))
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({
      name: `consumer-${name}`,
      private: true,
      type: 'module',
      dependencies,
      devDependencies: { '@types/node': '20' },
    }),
  )
  await writeFile(join(folder, 'quick-start.mjs'), quickStart)
  await writeFile(join(folder, 'entries.mjs'), importsOf(tarballs))
  await mkdir(join(folder, 'target'))
  await copyFile(SAMPLE, join(folder, 'target/run_results.json'))
  return folder
}

/** Returns a program that imports every entry, and fails if one of them exports nothing. */
function importsOf(tarballs) {
  const entries = [...tarballs].flatMap(([name, { manifest }]) =>
    Object.keys(manifest.publishConfig?.exports ?? manifest.exports)
      // The conformance suite needs vitest, which its users have; `bin` is a program.
      .filter((entry) => !entry.endsWith('.json') && entry !== './testing')
      .map((entry) => name + entry.slice(1)),
  )
  return `for (const entry of ${JSON.stringify(entries)}) {
  const found = await import(entry)
  if (Object.keys(found).length === 0) throw new Error(entry + ' exports nothing')
}
`
}

function overridesOf(tarballs) {
  return [...tarballs].map(([name, { tarball }]) => `  '${name}': 'file:${tarball}'\n`).join('')
}

/** Runs the quick start with another runtime, which npx installs. */
async function runsWith(name, folder, runtime, before = []) {
  const command = runtime.split('@')[0]
  const { code, output } = await run('npx', ['-y', '-p', runtime, command, '--version'], folder)
  if (code !== 0) return skip(`the quick start runs on ${name}`, `npx could not install it: ${lastLine(output)}`)
  await rm(join(folder, 'logs.duckdb'), { force: true })
  const args = ['-y', '-p', runtime, command, ...before, 'quick-start.mjs']
  await succeeds(`the quick start runs on ${name}`, folder, 'npx', args, /^1 row in version 0$/m)
}

/** Prints how large the packages are, packed and installed, and fails if they have grown beyond the limits. */
async function measureSizes(folder, tarballs) {
  const sizes = await Promise.all([...tarballs.values()].map(({ tarball }) => stat(tarball)))
  const packedKb = Math.round(sizes.reduce((sum, { size }) => sum + size, 0) / 1000)
  const installedMb = Math.round((await bytesIn(join(folder, 'node_modules'))) / 1e6)
  judge(
    `all packages take ${packedKb} kB packed (limit ${MAX_PACKED_KB}) and ${installedMb} MB installed (limit ${MAX_INSTALLED_MB})`,
    packedKb <= MAX_PACKED_KB && installedMb <= MAX_INSTALLED_MB,
  )
}

async function bytesIn(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const sizes = await Promise.all(files.map((entry) => stat(join(entry.parentPath ?? entry.path, entry.name))))
  return sizes.reduce((sum, { size }) => sum + size, 0)
}

/** Runs the command line on a Node that is too old, which must say so in one sentence. */
async function refusesOldNode(folder) {
  const name = `Node ${OLD_NODE} gets one sentence`
  const node = ['-y', '-p', `node@${OLD_NODE}`, 'node']
  const found = await run('npx', [...node, '--version'], folder)
  if (found.code !== 0) return skip(name, `npx could not install it: ${lastLine(found.output)}`)
  const { code, output } = await run('npx', [...node, 'node_modules/@forge/writer-cli/dist/bin.js', '--help'], folder)
  judge(
    name,
    code === 1 && /^error: forge-writer needs Node 20\.19 or newer; this is Node 18\S*\n$/.test(output),
    output,
  )
}

/** Runs the commands of the README. */
async function commandLine(folder) {
  const cli = (name, args, expected) =>
    succeeds(name, folder, 'npx', ['forge-writer', args[0], '--path', 'cli.duckdb', ...args.slice(1)], expected)
  await cli('the command line ingests', ['ingest', 'target/run_results.json'], /\b6\b/)
  await cli(
    'the command line records a command',
    ['record', '--', process.execPath, '-e', 'console.log("ran")'],
    /^ran$/m,
  )
  await cli('the command line shows rows', ['show'], /started/)
  await cli('the command line summarises', ['summary'], /success rate/)
}

/** Compiles the programs of the README with all declarations, strictly. */
async function compiles(folder, version) {
  const name = `TypeScript ${version} compiles the README without skipLibCheck`
  const sources = join(folder, `typescript-${version}`)
  await mkdir(sources)
  for (const [at, block] of blocks.entries()) await writeFile(join(sources, `block-${at}.ts`), block)
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
    target: 'ES2022',
    module: 'NodeNext',
    types: ['node'],
  }
  await writeFile(join(sources, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  const found = await run('npx', ['-y', '-p', `typescript@${version}`, 'tsc', '--version'], folder)
  if (found.code !== 0) return skip(name, `npx could not install it: ${lastLine(found.output)}`)
  await succeeds(name, folder, 'npx', ['-y', '-p', `typescript@${version}`, 'tsc', '-p', sources])
}

async function succeeds(name, folder, command, args, expected = /^/) {
  const { code, output } = await run(command, args, folder, { NODE_ENV: '', npm_config_update_notifier: 'false' })
  return judge(name, code === 0 && expected.test(output), `exit code ${code}\n${output}`)
}

function judge(name, isGood, output = '') {
  if (isGood) passed++
  else failed++
  process.stdout.write(isGood ? `ok      ${name}\n` : `FAILED  ${name}: ${output.trim().slice(-3000)}\n`)
  return isGood
}

function skip(name, reason) {
  process.stdout.write(`skipped ${name}: ${reason}\n`)
}

function lastLine(text) {
  return text.trim().split('\n').at(-1) ?? ''
}
