import { isWriterError, type LogRowWithExtras } from '@forge/writer-core'
import { makeRow } from './log-row.ts'
import { openLogs } from './open-logs.ts'

const UNKNOWN_FIELD: LogRowWithExtras = { cost_usd: 1.25 }

/** Guide, "Schema Management Configuration": writes an unknown field with each of the three settings for unknown fields. */
export async function main(directory: string) {
  return {
    evolving: await evolve(directory),
    lenient: await keepInMetadata(directory),
    strict: await refuse(directory),
  }
}

async function evolve(directory: string) {
  await using writer = await openLogs(`${directory}/evolving`, { enableSchemaEvolution: true })
  await writer.writeLogRows([makeRow()])
  await writer.writeLogRows([makeRow(UNKNOWN_FIELD)])
  const rows: readonly Readonly<Record<string, unknown>>[] = await writer.showLogs({ print: false })
  return { columns: (await writer.getTableInfo()).columns, values: rows.map((row) => row.cost_usd) }
}

async function keepInMetadata(directory: string) {
  await using writer = await openLogs(`${directory}/lenient`, { schemaValidationMode: 'lenient' })
  await writer.writeLogRows([makeRow({ ...UNKNOWN_FIELD, rows_processed: '12' as unknown as number })])
  const [row] = await writer.showLogs({ print: false })
  return { metadata: JSON.parse(row?.metadata ?? 'null'), rowsProcessed: row?.rows_processed }
}

async function refuse(directory: string) {
  await using writer = await openLogs(`${directory}/strict`, { schemaValidationMode: 'strict' })
  try {
    await writer.writeLogRows([makeRow(UNKNOWN_FIELD)])
  } catch (error) {
    if (!isWriterError(error, 'VALIDATION')) throw error
    return {
      committed: error.committed,
      unknownFields: error.context.unknownFields,
      rowCount: (await writer.getTableInfo()).rowCount,
    }
  }
  throw new Error('the unknown field was accepted')
}
