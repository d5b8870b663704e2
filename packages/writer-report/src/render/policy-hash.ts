import { createHash } from 'node:crypto'

/** Returns the hash by which a content security policy allows an inline style or script. */
export function policyHash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
