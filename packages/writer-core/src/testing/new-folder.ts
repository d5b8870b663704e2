import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, onTestFinished, TestRunner } from 'vitest'

/**
 * Creates an empty folder and returns its path. A folder that a test or its `beforeEach` creates is removed after the `afterEach` of the test; one that a
 * file or a `describe` creates, after its last test.
 *
 * @example
 * const storage = duckdbStorage({ path: join(newFolder(), 'logs.duckdb') })
 */
export function newFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'forge-test-'))
  // The programs of a test that was stopped may still write for a moment.
  const remove = () => rm(path, { recursive: true, force: true, maxRetries: 5 })
  if (TestRunner.getCurrentTest()) onTestFinished(remove)
  else afterAll(remove)
  return path
}
