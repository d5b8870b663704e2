import type { DeletionVectorDescriptor } from './actions.ts'

/** Returns the key of a logical file. Two actions with the same key refer to the same file. */
export function fileKey(path: string, deletionVector: DeletionVectorDescriptor | null | undefined): string {
  const decoded = canonicalPath(decodePath(path))
  return deletionVector ? `${decoded}\n${deletionVectorId(deletionVector)}` : decoded
}

/** Decodes a path of the log, which is percent-encoded once. A path that is not is returned unchanged, because its writer does not encode. */
export function decodePath(path: string): string {
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** Encodes a relative path for the log: every character except `/` and those that a URI may hold. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/').replaceAll('%3D', '=')
}

/** Returns the identity of a deletion vector in a table. */
function deletionVectorId({ storageType, pathOrInlineDv, offset }: DeletionVectorDescriptor): string {
  return `${storageType}${pathOrInlineDv}${offset === undefined || offset === null ? '' : `@${offset}`}`
}

// `/x`, `file:/x` and `file:///x` name one file.
function canonicalPath(path: string): string {
  return path.startsWith('file:') ? path.slice(5).replace(/^\/+/, '/') : path
}
