import { taggedText } from '../http/text-answer.ts'

/** The picture of the server in the tabs of a browser. */
export const ICON = taggedText(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#0b5fc0"/><path fill="#fff" d="M3 11h2v2H3zm3.500-3h2v5h-2zM10 4h2v9h-2z"/></svg>\n',
)
