/** Returns whether enough of what was judged passed; true if nothing was judged. */
export function isEnough(checked: number, failing: number, mostly: number): boolean {
  return checked === 0 || (checked - failing) / checked >= mostly
}
