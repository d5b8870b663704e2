/** Moves the wall clock of this process; the monotonic clock stays. Call it before other modules keep `Date`. */
export function shiftClock(shiftMs: number): void {
  if (shiftMs === 0) return
  const RealDate = Date
  class ShiftedDate extends RealDate {
    constructor(...args: ConstructorParameters<typeof Date> | []) {
      if (args.length === 0) super(RealDate.now() + shiftMs)
      else super(...(args as ConstructorParameters<typeof Date>))
    }
    static override now(): number {
      return RealDate.now() + shiftMs
    }
  }
  globalThis.Date = ShiftedDate as DateConstructor
}
