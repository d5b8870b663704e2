/** An error in the command line. The process exits with 2. */
export class UsageError extends Error {
  override name = 'UsageError'
  readonly suggestions: readonly string[]

  constructor(message: string, { suggestions = [] }: { readonly suggestions?: readonly string[] | undefined } = {}) {
    super(message)
    this.suggestions = suggestions
  }
}
