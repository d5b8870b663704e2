import { hostname, userInfo } from 'node:os'

let known: string | undefined

/** Returns the writer of commits that do not name one: `user@host:pid`. */
export function defaultWriter(): string {
  known ??= `${userName()}@${hostname()}:${process.pid}`
  return known
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    // A container may run under a user id without a name.
    return String(process.getuid?.() ?? 'user')
  }
}
