import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from '@forge/fixtures/browser'

/** The pictures of the tests, for people and CI: git ignores them. */
const FOLDER = process.env.FORGE_ARTIFACTS ?? fileURLToPath(new URL('../../../artifacts/report', import.meta.url))

/** Keeps a picture of what the page shows, whole or of the window. Resolves with its path. */
export async function keepScreenshot(page: Page, name: string, { isWhole = true } = {}): Promise<string> {
  await mkdir(FOLDER, { recursive: true })
  const path = join(FOLDER, `${name}.png`)
  await page.screenshot({ path, fullPage: isWhole })
  return path
}

/** What is wrong with the layout of the visible page: texts of charts that cover each other or reach over the edge, titles that are cut, and a page that is too wide. */
export function findFlaws(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`(() => {
    const flaws = []
    const shown = (element) => element.getClientRects().length > 0
    const root = document.querySelector('.page.on') ?? document.body
    if (document.documentElement.scrollWidth > document.documentElement.clientWidth) flaws.push('the page is wider than the window')
    for (const element of root.querySelectorAll('h1,h2,figcaption,th,dt,.chip,.sentence,.state')) {
      if (shown(element) && element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflow !== 'visible')
        flaws.push('cut: ' + element.textContent.slice(0, 60))
    }
    for (const svg of root.querySelectorAll('svg')) {
      if (!shown(svg)) continue
      const edge = svg.getBoundingClientRect()
      const texts = [...svg.querySelectorAll('text')].filter((text) => shown(text) && text.textContent.trim() !== '')
      const boxes = texts.map((text) => ({ words: text.textContent, ...text.getBoundingClientRect().toJSON() }))
      for (const { words, left, right, top, bottom } of boxes) {
        if (left < edge.left - 2 || right > edge.right + 2 || top < edge.top - 3 || bottom > edge.bottom + 3)
          flaws.push('over the edge of ' + svg.getAttribute('aria-label') + ': ' + words)
      }
      for (let a = 0; a < boxes.length; a++) {
        for (let b = a + 1; b < boxes.length; b++) {
          const wide = Math.min(boxes[a].right, boxes[b].right) - Math.max(boxes[a].left, boxes[b].left)
          const tall = Math.min(boxes[a].bottom, boxes[b].bottom) - Math.max(boxes[a].top, boxes[b].top)
          if (wide > 2 && tall > 4) flaws.push('overlap in ' + svg.getAttribute('aria-label') + ': ' + boxes[a].words + ' / ' + boxes[b].words)
        }
      }
    }
    return [...new Set(flaws)].slice(0, 20)
  })()`)
}
