import { styleText } from 'node:util'

export type StyleFormat = Parameters<typeof styleText>[0]

/** Colours text, or returns it unchanged if colours are off. */
export type Style = (format: StyleFormat, text: string) => string

export const coloured: Style = (format, text) => styleText(format, text, { validateStream: false })
export const plain: Style = (_format, text) => text

/** Returns whether to colour. Checks `--no-color`, NO_COLOR, FORCE_COLOR and TERM=dumb in this order, then whether it is a terminal. */
export function wantsColour({
  colour,
  env,
  isTerminal,
}: {
  readonly colour: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  readonly isTerminal: boolean
}): boolean {
  if (!colour || isSet(env.NO_COLOR)) return false
  if (isSet(env.FORCE_COLOR)) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false'
  return isTerminal && env.TERM !== 'dumb'
}

// By convention, an empty value means that the variable is not set.
function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== ''
}
