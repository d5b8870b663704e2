/** Returns the current folder. Returns the path that it had if it has been removed since: a command must start nevertheless. */
export function currentFolder(): string {
  try {
    return process.cwd()
  } catch {
    return process.env.PWD ?? '/'
  }
}
