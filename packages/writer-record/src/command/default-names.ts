import { basename, extname } from 'node:path'

/** Programs whose first argument that is not an option names what really runs. */
const INTERPRETERS =
  /^(?:python|pypy|node|bun|deno|ruby|perl|php|bash|sh|zsh|dash|ksh|fish|Rscript|java|pwsh|powershell)[\d.]*$/
/** Programs that start another one, whose name comes first among their arguments. */
const STARTERS = /^(?:env|nice|ionice|nohup|time|sudo|xargs|uv|poetry|pipenv|npx|bunx|uvx|stdbuf|timeout)$/

/** Returns the name of a command for a pipeline or step without a name, such as `load` for `python3 -u jobs/load.py`. */
export function defaultName([file = 'command', ...args]: readonly string[]): string {
  const name = plainName(file)
  if (STARTERS.test(name)) {
    const at = args.findIndex(
      (each) => !each.startsWith('-') && !each.includes('=') && !/^(?:run|exec|\d+\w?)$/.test(each),
    )
    return at === -1 ? name : defaultName(args.slice(at))
  }
  if (!INTERPRETERS.test(name)) return name
  const isModule = args.indexOf('-m')
  if (isModule !== -1 && args[isModule + 1] !== undefined) return args[isModule + 1] as string
  if (args.some((each) => /^-\w*[ce]$/.test(each) || each === '--eval')) return name
  const script = args.find((each) => !each.startsWith('-'))
  return script === undefined ? name : plainName(script)
}

function plainName(path: string): string {
  const base = basename(path.replaceAll('\\', '/'))
  return (base.length > extname(base).length ? base.slice(0, base.length - extname(base).length) : base) || 'command'
}
