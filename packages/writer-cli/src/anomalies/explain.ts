import { explainAnomaly, findAnomaly } from '@forge/writer-anomaly'
import type { TableSource } from '@forge/writer-core'
import { visibleLine } from '@forge/writer-core/text'
import type { Output } from '../output/output.ts'

/** Prints the meaning of a stored anomaly and how it was detected. Throws WriterConfigurationError for an unknown id. */
export async function explain(source: TableSource, id: string, output: Output): Promise<void> {
  const anomaly = await findAnomaly(source, id)
  const explanation = explainAnomaly(anomaly)
  await output.result({ anomaly, explanation }, function* () {
    yield output.style('bold', visibleLine(anomaly.description))
    yield explanation.meaning
    for (const reason of explanation.reasons) yield `- ${visibleLine(reason)}`
    if (explanation.silence !== undefined) yield `Not reported: ${visibleLine(explanation.silence)}`
    for (const { command, does } of explanation.answers) yield `${output.style('gray', command)}  ${does}`
  })
}
