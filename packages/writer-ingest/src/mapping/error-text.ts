const MAX_CHARACTERS = 2000
const MAX_DETAIL = 16 * 1024

export interface ErrorText {
  /** The message in one line, without control characters. */
  readonly message: string
  /** The rest of the message, up to 16 kB. */
  readonly detail: string | undefined
}

/** Splits an error text into `error_message` and `metadata.error_detail`. */
export function errorText(text: string): ErrorText {
  // No character has more than two units.
  const characters = [...text.slice(0, 2 * (MAX_CHARACTERS + MAX_DETAIL))]
  const message = characters
    .slice(0, MAX_CHARACTERS)
    .join('')
    .replaceAll(/\s*\p{Cc}+\s*/gu, ' ')
    .trim()
  const detail = characters.slice(MAX_CHARACTERS, MAX_CHARACTERS + MAX_DETAIL).join('')
  return { message, detail: detail || undefined }
}
