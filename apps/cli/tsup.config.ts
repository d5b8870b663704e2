import { defineConfig } from 'tsup'

/**
 * One runnable from the sources of all packages; each command stays a chunk of its own, loaded when it is called.
 * DuckDB's binding is native and stays outside. Commander is CommonJS and asks for `require`, which an ES module has to make.
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
