/**
 * Returns whether text matches a glob: `*` is any run of characters, `?` any one. The time is at most proportional to the product of both lengths.
 */
export function fitsGlob(glob: string, text: string): boolean {
  let at = 0
  let inGlob = 0
  let star = -1
  let starAt = 0
  while (at < text.length) {
    const wanted = glob[inGlob]
    if (wanted === '*') {
      star = inGlob++
      starAt = at
    } else if (wanted === '?' || wanted === text[at]) {
      inGlob++
      at++
    } else if (star >= 0) {
      // The last star takes one character more.
      inGlob = star + 1
      at = ++starAt
    } else return false
  }
  while (glob[inGlob] === '*') inGlob++
  return inGlob === glob.length
}
