import { defineConfig } from 'tsup'
import { buildLauncher, LATE_ENTRIES } from '../../tooling/tsup/launcher.ts'

/**
 * Bundles all packages into one runnable. Each command remains a separate chunk that is loaded when it is called.
 * The native binding of DuckDB is not bundled. Commander is CommonJS and needs `require`, which an ES module has to create.
 */
export default defineConfig({
  entry: { 'forge-writer': '../../packages/writer-cli/src/bin.ts', ...LATE_ENTRIES },
  format: 'esm',
  target: 'node20',
  platform: 'node',
  clean: true,
  minify: true,
  splitting: true,
  noExternal: [/^(?!@duckdb\/|node:)/],
  external: [/^@duckdb\//],
  onSuccess: () => buildLauncher({ main: 'forge-writer.js' }),
  esbuildOptions(options) {
    options.conditions = ['@forge/source', 'node', 'import']
  },
  banner: {
    js: "import { createRequire as forgeRequire } from 'node:module'; const require = forgeRequire(import.meta.url);",
  },
})
