import { WriterTableError } from '@forge/writer-core'

/** Returns the error of an object that the log names and that does not exist. */
export function missingFile(path: string): WriterTableError {
  return new WriterTableError('a file of the table is missing', { context: { file: path }, committed: 'no' })
}
