/** The name of this engine in commits. */
export const ENGINE_INFO = 'forge-writer'
/** The name of the writer in Parquet files, in the format that parquet-mr parses. */
export const PARQUET_WRITER = `${ENGINE_INFO} version 1`
