/** Returns a length in pixels with one digit after the point, which keeps a chart short. */
export function round(value: number): number {
  return Number(value.toFixed(1))
}
