/** Of all JSON that commands print; raised when a key changes its meaning or goes. */
export const SCHEMA_VERSION = 1

/** JSON text. A bigint, which is a whole number beyond 2^53, becomes text, so that no reader rounds it. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_key, each) => (typeof each === 'bigint' ? String(each) : each), indent)
}
