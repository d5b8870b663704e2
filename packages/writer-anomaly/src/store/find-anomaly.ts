import { type Anomaly, eq, like, type TableSource, WriterConfigurationError } from '@forge/writer-core'
import { anomalyTable, readAnomalies } from './anomaly-store.ts'

const MAX_SHOWN = 10

/**
 * Returns the stored anomaly that a person means: the one with this id, or the only one whose id begins like this. Throws WriterConfigurationError if
 * it does not exist, or if several ids begin like this.
 */
export async function findAnomaly(source: Pick<TableSource, 'companion'>, text: string): Promise<Anomaly> {
  const table = await anomalyTable(source)
  for await (const anomaly of readAnomalies(table, eq('id', text))) return anomaly
  const found: Anomaly[] = []
  const begins = like('id', `${text.replaceAll(/[\\%_]/g, '\\$&')}%`)
  if (text !== '') for await (const anomaly of readAnomalies(table, begins)) found.push(anomaly)
  const [only, ...others] = found
  if (only && others.length === 0) return only
  const ids = found.slice(0, MAX_SHOWN).map(({ id }) => id)
  throw new WriterConfigurationError(only ? `several anomalies begin with ${text}` : `no anomaly begins with ${text}`, {
    context: { anomalies: ids },
    suggestions: [
      only
        ? `Add characters until only one of these matches: ${ids.join(', ')}.`
        : '`forge-writer anomalies` prints anomalies with their ids.',
    ],
  })
}
