import { defineConfig } from 'vitest/config'

const conditions = ['@forge/source', 'node', 'default']

declare module 'vitest' {
  interface TestTags {
    tags: 'browser' | 'endurance' | 'many-calls' | 'many-cases' | 'many-rows' | 'processes'
  }
}

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'tooling/*/test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 10_000,
    hookTimeout: 10_000,
    // The kinds of tests that need longer than ten seconds on two busy cores: a test, or a file by `@module-tag`, names its kind.
    tags: [
      { name: 'browser', timeout: 120_000, description: 'Opens pages in Chromium.' },
      { name: 'many-calls', timeout: 60_000, description: 'Runs commands, or opens files, dozens of times.' },
      { name: 'many-cases', timeout: 120_000, description: 'Compares answers over many drawn or listed cases.' },
      { name: 'many-rows', timeout: 60_000, description: 'Writes and reads thousands of rows or megabytes.' },
      { name: 'processes', timeout: 120_000, description: 'Starts or kills processes, or waits for other programs.' },
      {
        name: 'endurance',
        timeout: 400_000,
        description: 'Kills dozens of processes, or draws long sequences of concurrent work.',
        priority: 1,
      },
    ],
  },
})
