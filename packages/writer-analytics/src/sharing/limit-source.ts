import { and, type LogTable, type Predicate, type TableReader, type TableSource } from '@forge/writer-core'
import { assertOptions, limitQuery } from '@forge/writer-core/storage'
import { CHOICE_CHECKS, chooseRows, type RowChoice } from '../reading/row-choice.ts'

/**
 * Returns a source whose log has only the chosen rows, for functions that cannot choose rows themselves, such as those of `@forge/writer-anomaly`. Only
 * what they read is limited: facts about the table, writes, and the tables next to the log are those of `source`. Which pipelines have an owner or a tag
 * is read once, now. Throws WriterSchemaError if the table has no metadata to choose by.
 *
 * @example
 * await detectAnomalies(await limitSource(writer, { owner: 'ana' }))
 */
export async function limitSource(source: TableSource, choice: RowChoice): Promise<TableSource> {
  assertOptions('limitSource', choice, CHOICE_CHECKS)
  const { pipeline, owner, tags = [], where: given } = choice
  if (pipeline === undefined && owner === undefined && tags.length === 0 && given === undefined) return source
  const { ref } = await source.table()
  const where = await chooseRows(source, choice)
  const { config, storage, logger } = source
  return {
    config,
    storage,
    logger,
    companion: (suffix, columns) => source.companion(suffix, columns),
    async table(asked) {
      const table = await source.table(asked)
      return table.ref.schema === ref.schema && table.ref.name === ref.name ? limitTable(table, where) : table
    },
  }
}

function limitTable(table: LogTable, where: Predicate): LogTable {
  const { at, history } = table
  return {
    ref: table.ref,
    ...limitReader(table, where),
    append: (batch, commit) => table.append(batch, commit),
    findBatch: (batchId) => table.findBatch(batchId),
    close: () => table.close(),
    ...(history && { history: (options) => history.call(table, options) }),
    ...(at && { at: async (version) => limitReader(await at.call(table, version), where) }),
  }
}

function limitReader(reader: TableReader, where: Predicate): TableReader {
  return {
    info: () => reader.info(),
    aggregate: (query) => reader.aggregate(limitQuery(query, where)),
    scan: (query = {}) => reader.scan({ ...query, where: query.where ? and(where, query.where) : where }),
  }
}
