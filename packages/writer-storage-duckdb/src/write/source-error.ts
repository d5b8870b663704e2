/** What a stream of batches threw, as `cause`: no error of the write, and thrown on as it is. */
export class SourceError extends Error {
  override name = 'SourceError'
  constructor(cause: unknown) {
    super('the source of the batches failed', { cause })
  }
}
