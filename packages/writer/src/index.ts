export { type CreateWriterOptions, createWriter, type Writer } from './create-writer.ts'
export type { GuideMethods } from './methods.ts'
