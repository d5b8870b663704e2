import { createWriter } from '@forge/writer'
import { isWriterError } from '@forge/writer-core'

/** Guide, "Configuration Errors": an invalid configuration is rejected with a list of all problems. */
export async function main(directory: string) {
  try {
    await createWriter({
      path: `${directory}/logs.duckdb`,
      tableSchema: '',
      tableName: 'test',
      batchSize: 0,
      memoryFraction: 2,
      tableNamePattern: '{pipeline}',
    })
  } catch (error) {
    if (!isWriterError(error, 'CONFIGURATION')) throw error
    console.log(error.message)
    return { message: error.message, context: error.context }
  }
  throw new Error('the configuration was accepted')
}
