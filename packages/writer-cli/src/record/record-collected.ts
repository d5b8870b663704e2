import { existsSync } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import type { SpoolEntry } from '@forge/writer-record'
import type { CommandContext } from '../command/context.ts'
import { temporaryPathOf } from './collect.ts'

/** Returns a function that records the files that a command has written about its steps, as steps of its run. */
export function recordCollected(
  openWriter: CommandContext<unknown>['openWriter'],
  say: (message: string) => void,
): (entry: SpoolEntry) => Promise<void> {
  return async ({ identity: { runId, pipelineId }, collect = [] }) => {
    if (collect.length === 0) return
    const { ingestConfig, ingestFile } = await import('@forge/writer-ingest')
    const writer = await openWriter({ config: ingestConfig })
    for (const file of collect) {
      const { path, kind } = file
      if ((await stat(path).catch(() => undefined))?.mtimeMs !== file.modifiedMs) {
        say(`${path} has been overwritten by another run; its steps are not recorded`)
        continue
      }
      try {
        // The command has ended: steps without an end are lost.
        const manifest = file.manifest !== undefined && existsSync(file.manifest) ? file.manifest : undefined
        const telemetry = kind === 'dbt-otel' ? { staleAfterMs: 0, manifest } : {}
        const report = await ingestFile(writer, path, { format: kind, run: { runId, pipelineId }, ...telemetry })
        if (report && report.rejected > 0)
          say(`${path}: ${report.rejected} of ${report.records} records are rejected; see them with: ingest ${path}`)
        for (const warning of report?.warnings ?? []) say(`${path}: ${warning}`)
      } catch (error) {
        // The file cannot be read, now or later; a storage that fails is tried again.
        if ((error as { readonly name?: unknown }).name !== 'IngestReadError') throw error
        say((error as Error).message)
      }
      const temporary = temporaryPathOf(file)
      if (temporary !== undefined) await rm(temporary, { recursive: true, force: true })
    }
  }
}
