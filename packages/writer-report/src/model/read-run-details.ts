import type { TableSource } from '@forge/writer-core'
import { readVerdicts } from '@forge/writer-quality'
import { readFindings } from './read-findings.ts'
import type { ReportModel } from './report-model.ts'

/** Reads what the page of a run shows next to the run: the anomalies of the run, and the verdicts about its writes. */
export async function readRunDetails(
  source: TableSource,
  { pipeline, runId }: { readonly pipeline: string; readonly runId: string },
): Promise<Pick<ReportModel, 'findings' | 'verdicts'>> {
  return {
    findings: await readFindings(source, { pipelines: [pipeline], from: null, runId }),
    verdicts: await readVerdicts(source, { runIds: [runId] }),
  }
}
