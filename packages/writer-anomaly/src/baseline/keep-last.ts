/** Appends a value to a list that holds at most `max`, and drops the first one if it holds more. */
export function keepLast<T>(list: T[], value: T, max: number): void {
  list.push(value)
  if (list.length > max) list.shift()
}
