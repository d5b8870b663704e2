import type { DeletionVectorDescriptor } from './actions.ts'

/** Two actions with the same key speak of the same logical file. */
export function fileKey(path: string, deletionVector: DeletionVectorDescriptor | null | undefined): string {
  const decoded = canonicalPath(decodePath(path))
  return deletionVector ? `${decoded}\n${deletionVectorId(deletionVector)}` : decoded
}

/** Paths of the log are percent-encoded once. One that is not is taken as it is: its writer encodes none. */
export function decodePath(path: string): string {
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** Encodes a relative path as the log wants it: everything but `/` and what a URI may hold. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/').replaceAll('%3D', '=')
}

/** The identity of a deletion vector inside a table. */
function deletionVectorId({ storageType, pathOrInlineDv, offset }: DeletionVectorDescriptor): string {
  return `${storageType}${pathOrInlineDv}${offset === undefined || offset === null ? '' : `@${offset}`}`
}

// `/x`, `file:/x` and `file:///x` name one file.
function canonicalPath(path: string): string {
  return path.startsWith('file:') ? path.slice(5).replace(/^\/+/, '/') : path
}
