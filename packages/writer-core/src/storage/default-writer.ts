import { hostname, userInfo } from 'node:os'

let known: string | undefined

/** Who writes where a commit does not say so: `user@host:pid`. */
export function defaultWriter(): string {
  known ??= `${userName()}@${hostname()}:${process.pid}`
  return known
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    // Containers may run under an id that has no name.
    return String(process.getuid?.() ?? 'user')
  }
}
