import { WriterUnsupportedError } from '@forge/writer-core'
import type { IngestAdapter } from '../adapter.ts'
import { canonical } from '../batch-identity.ts'
import { plainName } from '../reading/input.ts'
import { readParquetRows } from './parquet-rows.ts'
import { placeItem } from './placed.ts'

export const parquet: IngestAdapter = {
  format: 'parquet',
  description: 'log rows in a Parquet file (requires DuckDB)',
  recognizes: ({ name, head }) => head.startsWith('PAR1') || /\.parquet$/.test(plainName(name)),
  async *read(input, options) {
    if (input.path === undefined) {
      throw new WriterUnsupportedError('Parquet cannot be read from a stream or from a compressed file', {
        context: { file: input.name },
        suggestions: ['Save it to an uncompressed file and pass that file.'],
      })
    }
    let line = 0
    for await (const { fields, problem } of readParquetRows(input.path)) {
      line++
      if (problem === undefined) yield placeItem({ kind: 'row', row: fields, position: { line } }, options)
      else yield { kind: 'reject', position: { line }, reason: problem, record: canonical(fields) }
    }
  },
}
