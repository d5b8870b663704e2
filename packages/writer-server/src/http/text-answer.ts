import { createHash } from 'node:crypto'

/** A text with its fingerprint, by which browsers ask whether it has changed. */
export interface TaggedText {
  readonly text: string
  readonly tag: string
}

export function taggedText(text: string): TaggedText {
  return { text, tag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"` }
}

/** Answers with a text, or that the asker has it already. */
export function answerText(request: Request, { text, tag }: TaggedText, contentType: string): Response {
  const known = (request.headers.get('if-none-match') ?? '').split(',').map((each) => each.trim().replace(/^W\//, ''))
  if (known.includes(tag)) return new Response(null, { status: 304, headers: { etag: tag } })
  return new Response(text, { headers: { 'content-type': contentType, etag: tag } })
}
