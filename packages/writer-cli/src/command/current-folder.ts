/** Returns the current folder, or its former path if it has been removed: a command must start nevertheless. */
export function currentFolder(): string {
  try {
    return process.cwd()
  } catch {
    return process.env.PWD ?? '/'
  }
}
