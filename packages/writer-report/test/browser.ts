import { type Browser, openPage, type Page, type PageOptions, type WatchedPage } from '@forge/fixtures/browser'

const ADDRESS = 'http://report.test/report.html'

interface ReportOptions extends Pick<PageOptions, 'viewport' | 'hasScript' | 'colorScheme'> {
  readonly html: string
  /** The part of the address after the path, such as `#/failures`. */
  readonly at?: string
  /** True to send the file with a policy that gives it an opaque origin. */
  readonly isSandboxed?: boolean
}

/** Opens a report as a file that has an address of its own. */
export function openReport(
  browser: Browser,
  { html, at = '', isSandboxed = false, ...options }: ReportOptions,
): Promise<WatchedPage> {
  const policy: Record<string, string> = isSandboxed ? { 'content-security-policy': 'sandbox allow-scripts' } : {}
  const headers = { 'content-type': 'text/html; charset=utf-8', ...policy }
  return openPage(browser, `${ADDRESS}${at}`, { ...options, own: ADDRESS, answer: { body: html, headers } })
}

/** Goes to an address within the report, as a link does. */
export async function goTo(page: Page, hash: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(hash)}`)
}
