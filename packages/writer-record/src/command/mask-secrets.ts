const MASK = '***'
const SECRET_NAME =
  'pass(?:word|wd|phrase)?|pwd|secret|token|api[-_]?key|access[-_]?key(?:[-_]?id)?|private[-_]?key|account[-_]?key|credentials?|authorization|bearer|signature|sas'
/** An option or variable whose name ends with the name of a secret: `--db-password`, `AWS_SECRET_ACCESS_KEY`, `-token`. */
const NAMED = new RegExp(`^(-{0,2}(?:[\\w.]+[-_.])?(?:${SECRET_NAME}))$`, 'i')
const ASSIGNED = new RegExp(
  `((?:^|[\\s'"&?;,{-])(?:[\\w.]+[-_.])?(?:${SECRET_NAME})["']?\\s*[=:]\\s*)("[^"]*"|'[^']*'|(?:(?:bearer|basic)\\s+)?[^\\s'"&;,}]+)`,
  'gi',
)
const USER_INFO = /([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#'"]{1,1024}@/gi
const MAX_CHARACTERS = 64 * 1024

/** Returns the arguments of a command with `***` for the values of passwords, tokens and keys, and for the user information of addresses. */
function maskArguments(args: readonly string[]): string[] {
  return args.map((each, at) => {
    const previous = args[at - 1]
    if (previous !== undefined && NAMED.test(previous) && previous.startsWith('-') && !each.startsWith('-')) return MASK
    return maskText(each)
  })
}

/** Returns text with `***` for the values of passwords, tokens and keys that it names, and for the user information of addresses. */
export function maskText(text: string): string {
  return text.replace(USER_INFO, `$1${MASK}@`).replace(ASSIGNED, `$1${MASK}`)
}

/** Returns a command line as a shell would read it, with its secrets masked. */
export function shownCommand(command: readonly string[]): string {
  return maskArguments(command).map(quoteArgument).join(' ').slice(0, MAX_CHARACTERS).toWellFormed()
}

function quoteArgument(text: string): string {
  return /^[\w@%+=:,./*-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
