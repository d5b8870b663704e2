import { anomalyTable, explainAnomaly, readAnomalies } from '@forge/writer-anomaly'
import { eq, type TableSource } from '@forge/writer-core'
import { UsageError } from '../command/usage-error.ts'
import type { Output } from '../output/output.ts'
import { sanitize } from '../output/sanitize.ts'

/** Prints the meaning of a stored anomaly and how it was detected. Throws UsageError for an unknown id. */
export async function explain(source: TableSource, id: string, output: Output): Promise<void> {
  for await (const anomaly of readAnomalies(await anomalyTable(source), eq('id', id))) {
    const explanation = explainAnomaly(anomaly)
    await output.result({ anomaly, explanation }, function* () {
      yield output.style('bold', sanitize(anomaly.description))
      yield explanation.meaning
      for (const reason of explanation.reasons) yield `- ${sanitize(reason)}`
      if (explanation.silence !== undefined) yield `Not reported: ${sanitize(explanation.silence)}`
      for (const { command, does } of explanation.answers) yield `${output.style('gray', command)}  ${does}`
    })
    return
  }
  throw new UsageError(`no finding has the id ${id}; \`forge-writer anomalies --all\` prints findings with their ids`)
}
