import { anomalyTable, explainAnomaly, readAnomalies } from '@forge/writer-anomaly'
import { eq, type TableSource } from '@forge/writer-core'
import { visibleLine } from '@forge/writer-core/text'
import { UsageError } from '../command/usage-error.ts'
import type { Output } from '../output/output.ts'

/** Prints the meaning of a stored anomaly and how it was detected. Throws UsageError for an unknown id. */
export async function explain(source: TableSource, id: string, output: Output): Promise<void> {
  for await (const anomaly of readAnomalies(await anomalyTable(source), eq('id', id))) {
    const explanation = explainAnomaly(anomaly)
    await output.result({ anomaly, explanation }, function* () {
      yield output.style('bold', visibleLine(anomaly.description))
      yield explanation.meaning
      for (const reason of explanation.reasons) yield `- ${visibleLine(reason)}`
      if (explanation.silence !== undefined) yield `Not reported: ${visibleLine(explanation.silence)}`
      for (const { command, does } of explanation.answers) yield `${output.style('gray', command)}  ${does}`
    })
    return
  }
  throw new UsageError(`no finding has the id ${id}; \`forge-writer anomalies --all\` prints findings with their ids`)
}
