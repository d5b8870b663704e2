import { CHROMIUM } from '@forge/fixtures'
import { type Browser, chromium, type Page } from 'playwright-core'

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM ?? '', args: ['--no-sandbox', '--disable-gpu'] })
}

/** What a page did that a report must not do. */
export interface Watched {
  readonly page: Page
  readonly requests: string[]
  readonly messages: string[]
  readonly dialogs: string[]
}

export interface OpenOptions {
  readonly html: string
  /** What follows the path, such as `#/failures`. */
  readonly at?: string
  readonly viewport?: { readonly width: number; readonly height: number }
  readonly hasScript?: boolean
  /** True to send the file with a policy that gives it an opaque origin. */
  readonly isSandboxed?: boolean
  readonly colorScheme?: 'light' | 'dark'
}

/** Opens a report as a file from an address of its own, and records requests, messages of the console and dialogs. */
export async function openReport(
  browser: Browser,
  {
    html,
    at = '',
    viewport = { width: 1280, height: 800 },
    hasScript = true,
    isSandboxed = false,
    colorScheme = 'light',
  }: OpenOptions,
): Promise<Watched> {
  const context = await browser.newContext({
    viewport,
    javaScriptEnabled: hasScript,
    colorScheme,
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  const watched: Watched = { page, requests: [], messages: [], dialogs: [] }
  page.on('request', (request) => {
    if (!request.url().startsWith('http://report.test/report.html')) watched.requests.push(request.url())
  })
  page.on('console', (message) => watched.messages.push(message.text()))
  page.on('pageerror', (error) => watched.messages.push(error.message))
  page.on('dialog', (dialog) => {
    watched.dialogs.push(dialog.message())
    void dialog.dismiss()
  })
  await page.route('http://report.test/report.html', (route) =>
    route.fulfill({
      contentType: 'text/html; charset=utf-8',
      body: html,
      headers: isSandboxed ? { 'content-security-policy': 'sandbox allow-scripts' } : {},
    }),
  )
  await page.goto(`http://report.test/report.html${at}`)
  return watched
}

/** Goes to an address within the report, as a link does. */
export async function goTo(page: Page, hash: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(hash)}`)
}
