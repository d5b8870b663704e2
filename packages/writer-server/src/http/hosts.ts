import { isIP } from 'node:net'

/** Returns whether a name or address of a host is this machine only. */
export function isLoopback(host: string): boolean {
  const name = plainHost(host)
  if (name === 'localhost' || name.endsWith('.localhost')) return true
  return isIP(name) === 4 ? name.startsWith('127.') : name === '::1' || name === '0:0:0:0:0:0:0:1'
}

/** Returns whether the text is an address, which no name server can point to another machine. */
export function isAddress(host: string): boolean {
  return isIP(plainHost(host)) !== 0
}

/** Returns the name in a `Host` header, without its port, in small letters; undefined if it is not a name of a host. */
export function hostNameOf(header: string): string | undefined {
  if (!/^[\w.:[\]-]+$/.test(header)) return undefined
  try {
    const { hostname, username, pathname } = new URL(`http://${header}`)
    return username === '' && pathname === '/' ? plainHost(hostname) : undefined
  } catch {
    return undefined
  }
}

function plainHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
}
