/** A piece of text that a person reads, with the line on which it begins. */
export interface Prose {
  readonly line: number
  readonly kind: 'doc comment' | 'comment' | 'text'
  readonly text: string
}

const TOKEN =
  /\/\*\*([\s\S]*?)\*\/|\/\*[\s\S]*?\*\/|\/\/(.*)|'((?:\\.|[^'\\\n])*)'|"((?:\\.|[^"\\\n])*)"|`((?:\\[\s\S]|[^`\\])*)`|\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[dgimsuvy]*(?=[\s,;.)\]])/g

/** Takes the comments and the texts of several words out of TypeScript. What stands in backticks inside a comment is code, and left out. */
export function proseOf(source: string): Prose[] {
  const prose: Prose[] = []
  let line = 1
  let end = 0
  for (const match of source.matchAll(TOKEN)) {
    line += count(source.slice(end, match.index))
    end = match.index
    const [, doc, comment, single, double, template] = match
    const text = single ?? double ?? template
    if (doc !== undefined) prose.push({ line, kind: 'doc comment', text: plain(doc) })
    else if (comment !== undefined) prose.push({ line, kind: 'comment', text: plain(comment) })
    else if (text !== undefined && isSentence(text))
      prose.push({ line, kind: 'text', text: text.replaceAll(/\$\{[^}]*\}/g, '…') })
  }
  return prose
}

function plain(comment: string): string {
  return comment
    .replaceAll(/^\s*\* ?/gm, '')
    .replace(/@example[\s\S]*$/, '')
    .replaceAll(/`[^`]*`/g, '…')
    .trim()
}

/** SQL begins with a lower-case clause or a function, and is code. */
function isSentence(text: string): boolean {
  if (/^\s*[a-z_]+\(/.test(text)) return false
  if (
    /^\s*(\(?select|insert|update|delete|from|where|with|create|alter|copy|attach|and|or|on|case|join|group|order|limit)\b/.test(
      text,
    )
  )
    return false
  return /[a-z]+ [a-z]+ [a-z]+/i.test(text)
}

function count(text: string): number {
  return text.split('\n').length - 1
}

/** Takes the lines of a Markdown page without its code. */
export function markdownProse(page: string): Prose[] {
  const withoutBlocks = page.replaceAll(/^```[\s\S]*?^```/gm, (block) => '\n'.repeat(count(block)))
  return withoutBlocks.split('\n').map((text, index) => ({
    line: index + 1,
    kind: 'text' as const,
    text: text.replaceAll(/`[^`]*`/g, '…').replaceAll(/\]\([^)]*\)/g, ']'),
  }))
}
