/** Megabytes of 1,048,576 bytes, as the table's facts have them. */
export function megabytes(bytes: number): number {
  return bytes / (1024 * 1024)
}
