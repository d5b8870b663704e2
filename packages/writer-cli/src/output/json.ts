/** The version of the JSON that commands print. It is raised if a key is removed or changes its meaning. */
export const SCHEMA_VERSION = 1

/** Returns JSON text. A bigint, which is an integer beyond 2^53, becomes a string, so that no reader rounds it. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_key, each) => (typeof each === 'bigint' ? String(each) : each), indent)
}
