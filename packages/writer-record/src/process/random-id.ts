import { readFileSync } from 'node:fs'

/** Returns a random UUID. On Linux it comes from the kernel: loading `node:crypto` takes as long as starting a command. */
export function randomUuid(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/uuid', 'latin1').trim()
  } catch {
    return process.getBuiltinModule('node:crypto').randomUUID()
  }
}

/** Returns random hexadecimal digits, up to 16. */
export function randomHex(digits: number): string {
  const uuid = randomUuid().replaceAll('-', '')
  // The digits between them are not all random.
  return `${uuid.slice(0, 8)}${uuid.slice(-8)}`.slice(0, digits)
}
