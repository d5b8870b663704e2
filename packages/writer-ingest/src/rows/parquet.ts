import { WriterUnsupportedError } from '@forge/writer-core'
import type { IngestAdapter } from '../adapter.ts'
import { canonical } from '../batch-identity.ts'
import { plainName } from '../reading/input.ts'
import { readParquetRows } from './parquet-rows.ts'
import { placed } from './placed.ts'

export const parquet: IngestAdapter = {
  format: 'parquet',
  description: 'log rows in a Parquet file, read through DuckDB',
  recognizes: ({ name, head }) => head.startsWith('PAR1') || /\.parquet$/.test(plainName(name)),
  async *read(input, options) {
    if (input.path === undefined) {
      throw new WriterUnsupportedError('Parquet is read from a file that is not compressed again, not from a stream', {
        context: { file: input.name },
        suggestions: ['Save it to a file, and name that.'],
      })
    }
    let line = 0
    for await (const { fields, problem } of readParquetRows(input.path)) {
      line++
      if (problem === undefined) yield placed({ kind: 'row', row: fields, position: { line } }, options)
      else yield { kind: 'reject', position: { line }, reason: problem, record: canonical(fields) }
    }
  },
}
