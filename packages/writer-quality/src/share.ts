/** Whether enough of what was judged passed; nothing judged is enough. */
export function isEnough(checked: number, failing: number, mostly: number): boolean {
  return checked === 0 || (checked - failing) / checked >= mostly
}
