import { spawn } from 'node:child_process'

/** Opens a file in the program of the desktop for it, and does not wait. `onProblem` receives why that was not possible. */
export function openFile(path: string, onProblem: (problem: string) => void): void {
  const [command, ...args] = commandFor(path)
  const child = spawn(command, args, { detached: true, stdio: 'ignore' })
  child.on('error', ({ message }) => onProblem(`${path} cannot be opened: ${message}`))
  child.unref()
}

function commandFor(path: string): readonly [string, ...string[]] {
  if (process.platform === 'darwin') return ['open', path]
  if (process.platform === 'win32') return ['explorer', path]
  return ['xdg-open', path]
}
