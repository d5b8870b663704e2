import { chmod, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build, type Options } from 'tsup'

const source = (path: string) => fileURLToPath(new URL(`../../packages/${path}`, import.meta.url))

/** Entries of an ES module build that {@link buildLauncher} loads late. */
export const LATE_ENTRIES = {
  'run-log': source('writer-cli/src/record/run-log.ts'),
  'pipeline-turn': source('writer-record/src/command/pipeline-turn.ts'),
}

/**
 * Builds `forge-writer.cjs` next to an ES module `main`. What starts the command of `record` is one CommonJS file: Node loads it twice as fast as ES modules,
 * and the command waits for it. Everything else is loaded from the ES modules.
 */
export async function buildLauncher({
  main,
  outDir = 'dist',
}: {
  readonly main: string
  readonly outDir?: string
}): Promise<void> {
  await build({
    config: false,
    entry: { record: source('writer-cli/src/record/record-early.ts') },
    outDir,
    outExtension: () => ({ js: '.cjs' }),
    format: 'cjs',
    target: 'node20',
    platform: 'node',
    minify: true,
    silent: true,
    noExternal: [/./],
    esbuildPlugins: [lateImports],
    esbuildOptions(options) {
      options.conditions = ['@forge/source']
    },
  })
  const [, unknown] = (await readFile(`${outDir}/record.cjs`, 'utf8')).split(UNKNOWN)
  if (unknown !== undefined) throw new Error(`record.cjs imports what is not in LATE_ENTRIES: ${unknown.slice(0, 80)}`)
  const launcher = `#!/usr/bin/env node
'use strict'
const argv = process.argv.slice(2)
if (argv[0] !== 'record' || !require('./record.cjs').recordEarly(argv.slice(1))) import('./${main}')
`
  await writeFile(`${outDir}/forge-writer.cjs`, launcher)
  await chmod(`${outDir}/forge-writer.cjs`, 0o755)
}

/** Marks an import of which the build must get rid. */
const UNKNOWN = 'unknown-import:'

/** Leaves what is imported late to the ES modules. */
const lateImports: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'late-imports',
  setup(build) {
    build.onResolve({ filter: /./ }, ({ kind, path }) => {
      if (kind !== 'dynamic-import') return undefined
      const name = path.replace(/^.*\/|\.ts$/g, '')
      if (Object.hasOwn(LATE_ENTRIES, name)) return { path: `./${name}.js`, external: true }
      // A package is found wherever it is imported; a file of the source is not.
      return { path: path.startsWith('.') ? `${UNKNOWN}${path}` : path, external: true }
    })
  },
}
