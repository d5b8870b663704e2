import type { Random } from '@forge/fixtures'

/** A part of forge-writer that reads what others wrote. */
export interface Target {
  readonly name: string
  /**
   * Makes one input from the random choices and passes it to the part. Resolves if it was accepted; rejects with the error of the part. `folder` is
   * an empty folder for the files of the case.
   */
  run(random: Random, folder: string): Promise<void>
}
