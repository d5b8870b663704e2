const MOST_CHARACTERS = 2000
const MOST_DETAIL = 16 * 1024

export interface ErrorText {
  /** One line, without control characters. */
  readonly message: string
  /** What did not fit, up to 16 kB. */
  readonly detail: string | undefined
}

/** Parts an error text into what goes to `error_message` and what to `metadata.error_detail`. */
export function errorText(text: string): ErrorText {
  const characters = [...text]
  const message = characters
    .slice(0, MOST_CHARACTERS)
    .join('')
    .replaceAll(/\s*\p{Cc}+\s*/gu, ' ')
    .trim()
  const detail = characters.slice(MOST_CHARACTERS, MOST_CHARACTERS + MOST_DETAIL).join('')
  return { message, detail: detail || undefined }
}
