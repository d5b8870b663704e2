import { isatty, type WriteStream } from 'node:tty'

/** The value of FORCE_COLOR by the bits of a colour that a terminal shows. */
const LEVELS: Readonly<Record<number, string>> = { 4: '1', 8: '2', 24: '3' }

/**
 * Returns the variables by which programs keep the colours and the width of a terminal although they write to a pipe, because their output is kept. `fds` are
 * the descriptors of this process that pipes stand in for. Variables that are set already are left as they are.
 */
export function terminalVariables(
  fds: readonly number[],
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const fd = fds.find((each) => isatty(each))
  if (fd === undefined) return {}
  const { columns, rows, getColorDepth } = (fd === 1 ? process.stdout : process.stderr) as Partial<WriteStream>
  const level = LEVELS[getColorDepth?.(env) ?? 1]
  const wanted = {
    FORCE_COLOR: env.NO_COLOR ? undefined : level,
    COLUMNS: columns === undefined ? undefined : String(columns),
    LINES: rows === undefined ? undefined : String(rows),
  }
  return Object.fromEntries(
    Object.entries(wanted).flatMap(([name, value]) =>
      value === undefined || env[name] !== undefined ? [] : [[name, value]],
    ),
  )
}
