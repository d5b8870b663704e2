/** Returns the path of a request below the base path, as it was sent. Some hosts take the base path off the address, and some do not. */
export function pathWithin({ url }: Request, base: string): string {
  const { pathname } = new URL(url)
  if (base === '' || !(pathname === base || pathname.startsWith(`${base}/`))) return pathname
  return pathname === base ? '/' : pathname.slice(base.length)
}
