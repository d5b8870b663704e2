import { CHROMIUM } from '@forge/fixtures'
import { type Browser, chromium, type Page } from 'playwright-core'

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM ?? '', args: ['--no-sandbox', '--disable-gpu'] })
}

/** What a page did that it must not do. */
export interface Watched extends AsyncDisposable {
  readonly page: Page
  /** Requests to other servers. */
  readonly requests: string[]
  readonly messages: string[]
  readonly dialogs: string[]
}

export interface OpenOptions {
  readonly viewport?: { readonly width: number; readonly height: number }
  readonly hasScript?: boolean
  readonly colorScheme?: 'light' | 'dark'
}

/** Opens a page of a server, and records requests to others, messages of the console and dialogs. */
export async function openPage(
  browser: Browser,
  url: string,
  { viewport = { width: 1280, height: 800 }, hasScript = true, colorScheme = 'light' }: OpenOptions = {},
): Promise<Watched> {
  const context = await browser.newContext({
    viewport,
    javaScriptEnabled: hasScript,
    colorScheme,
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  const watched: Watched = {
    page,
    requests: [],
    messages: [],
    dialogs: [],
    [Symbol.asyncDispose]: () => context.close(),
  }
  const { origin } = new URL(url)
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`)) watched.requests.push(request.url())
  })
  page.on('console', (message) => watched.messages.push(message.text()))
  page.on('pageerror', (error) => watched.messages.push(error.message))
  page.on('dialog', (dialog) => {
    watched.dialogs.push(dialog.message())
    void dialog.dismiss()
  })
  await page.goto(url)
  return watched
}
