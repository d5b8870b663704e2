export { checksumDeltaTable, type TableChecksum } from './inspect/table-checksum.ts'
