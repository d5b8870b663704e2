import { defineConfig } from 'tsup'

/**
 * Bundles all packages into one runnable. Each command remains a separate chunk that is loaded when it is called.
 * The native binding of DuckDB is not bundled. Commander is CommonJS and needs `require`, which an ES module has to create.
 */
export default defineConfig({
  entry: { 'forge-writer': '../../packages/writer-cli/src/bin.ts' },
  format: 'esm',
  target: 'node20',
  platform: 'node',
  clean: true,
  minify: true,
  splitting: true,
  noExternal: [/^(?!@duckdb\/|node:)/],
  external: [/^@duckdb\//],
  esbuildOptions(options) {
    options.conditions = ['@forge/source', 'node', 'import']
  },
  banner: {
    js: "import { createRequire as forgeRequire } from 'node:module'; const require = forgeRequire(import.meta.url);",
  },
})
