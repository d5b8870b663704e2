import { readFileSync } from 'node:fs'
import { defineConfig, type Options } from 'tsup'

/** The one build preset: every entry that `exports` names by its source condition becomes one ESM file in dist. */
export default defineConfig(() => esmBuild())

export function esmBuild(): Options {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    exports: Record<string, { '@forge/source': string } | string>
  }
  const entry = Object.values(exports).flatMap((target) =>
    typeof target === 'string' ? [] : [target['@forge/source']],
  )
  return {
    entry,
    format: 'esm',
    target: 'node20',
    platform: 'node',
    clean: true,
    sourcemap: true,
    splitting: true,
    // A trace needs names and lines; the sources are in the repository.
    esbuildOptions: (options) => {
      options.sourcesContent = false
    },
  }
}
