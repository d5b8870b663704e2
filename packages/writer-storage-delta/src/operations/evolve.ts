import { type SchemaChange, WriterTableError } from '@forge/writer-core'
import { assertMethodOptions, assertWidening, unknownColumns } from '@forge/writer-core/storage'
import type { Metadata } from '../actions/actions.ts'
import { readFilesSql } from '../data/read-files.ts'
import { addColumns } from '../data/table-plan.ts'
import type { StructField } from '../schema/delta-type.ts'
import { columnsFromSchema, widenedField } from '../schema/log-columns.ts'
import { formatSchema, parseSchema } from '../schema/schema-json.ts'
import type { TableCore } from '../table/table-core.ts'
import { ALL_ROWS, NO_ROWS } from '../transaction/proposal.ts'
import { removeOf, write } from './write-request.ts'

/**
 * Adds columns, and widens columns by rewriting their files, so that other engines need no support for it. Throws WriterTableError if there is no
 * table.
 */
export async function evolve(core: TableCore, change: SchemaChange): Promise<void> {
  assertMethodOptions('evolve', change)
  const { add = [], widen = [] } = change
  await write(core, {
    name: 'evolve',
    kind: { changesRows: widen.length > 0, writesData: true },
    async prepare(preparation) {
      const { snapshot } = preparation
      const session = await preparation.session()
      if (snapshot === undefined)
        throw new WriterTableError('the table does not exist, so it cannot evolve', { committed: 'no' })
      const now = core.settings.now()
      const before = snapshot.metadata
      const metadata = widenFields(addColumns(before, add), widen)
      if (metadata.schemaString === before.schemaString) return undefined
      const isRewritten = widen.length > 0
      const old = isRewritten ? [...snapshot.state().files.values()] : []
      const source = { store: core.store, session, shapes: core.shapes }
      const files =
        old.length === 0
          ? []
          : await preparation.write(metadata, { sql: await readFilesSql(source, { metadata }, old), params: [] })
      return {
        operation: widen.length > 0 ? 'CHANGE COLUMN' : 'ADD COLUMNS',
        parameters: { columns: JSON.stringify([...add.map(({ name }) => name), ...widen.map(({ column }) => column)]) },
        metrics: { numAddedFiles: files.length, numRemovedFiles: old.length },
        reads: isRewritten ? ALL_ROWS : 'removed',
        actions: [
          { metaData: metadata },
          ...old.map((file) => ({ remove: removeOf(file, now, true) })),
          ...files.map((file) => ({ add: file.add })),
        ],
        rows: NO_ROWS,
      }
    },
  })
}

function widenFields(metadata: Metadata, changes: NonNullable<SchemaChange['widen']>): Metadata {
  const schema = parseSchema(metadata)
  const columns = columnsFromSchema(schema)
  const missing = changes.filter(({ column }) => !columns.some(({ name }) => name === column))
  if (missing.length > 0)
    throw unknownColumns(
      missing.map(({ column }) => column),
      columns,
    )
  const fields = schema.fields.map((field): StructField => {
    const change = changes.find(({ column }) => column === field.name)
    const column = columns.find(({ name }) => name === field.name)
    if (change === undefined || column === undefined || column.type === change.to) return field
    assertWidening(column, change.to)
    return widenedField(field, change.to)
  })
  return { ...metadata, schemaString: formatSchema({ kind: 'struct', fields }) }
}
