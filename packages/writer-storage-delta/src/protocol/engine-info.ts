/** How commits name this engine. */
export const ENGINE_INFO = 'forge-writer'
/** How Parquet files name who wrote them, in the words that parquet-mr parses. */
export const PARQUET_WRITER = `${ENGINE_INFO} version 1`
