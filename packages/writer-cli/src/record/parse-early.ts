import type { OptionSpec, OptionSpecs, OptionValues } from '../command/option.ts'

/** A command line that was parsed without the parser of the other commands, which takes longer to load. */
export interface EarlyLine<Specs extends OptionSpecs> {
  readonly options: OptionValues<Specs>
  /** Everything from the first argument on. */
  readonly args: readonly string[]
}

/** Parses options up to the first argument or `--`. Returns undefined for every line that needs the other parser: help, errors, short options. */
export function parseEarly<Specs extends OptionSpecs>(
  argv: readonly string[],
  specs: Specs,
): EarlyLine<Specs> | undefined {
  const values = new Map<string, unknown>(Object.entries(specs).map(([key, spec]) => [key, spec.default]))
  const given = new Set<string>()
  let at = 0
  for (; at < argv.length; at++) {
    const word = argv[at] ?? ''
    if (word === '--') {
      at++
      break
    }
    if (!word.startsWith('-')) break
    const [, name = '', inline] = /^--([a-z][a-z-]*)(?:=([\s\S]*))?$/.exec(word) ?? []
    const found = optionOf(name, specs)
    if (found === undefined) return undefined
    const { key, spec, isOff } = found
    if (isOff || spec.parse === undefined) {
      if (inline !== undefined) return undefined
      values.set(key, !isOff)
      continue
    }
    const text = inline ?? argv[++at]
    if (text === undefined) return undefined
    try {
      values.set(key, spec.parse(text, given.has(key) ? values.get(key) : undefined))
      given.add(key)
    } catch {
      return undefined
    }
  }
  return { options: Object.fromEntries(values) as OptionValues<Specs>, args: argv.slice(at) }
}

function optionOf(
  name: string,
  specs: OptionSpecs,
): { readonly key: string; readonly spec: OptionSpec<unknown>; readonly isOff: boolean } | undefined {
  const direct = find(name, specs)
  if (direct) return { ...direct, isOff: false }
  const negated = name.startsWith('no-') ? find(name.slice(3), specs) : undefined
  return negated?.spec.isNegatable ? { ...negated, isOff: true } : undefined
}

function find(
  name: string,
  specs: OptionSpecs,
): { readonly key: string; readonly spec: OptionSpec<unknown> } | undefined {
  const key = name.replaceAll(/-([a-z])/g, (_match, letter: string) => letter.toUpperCase())
  const spec = Object.hasOwn(specs, key) ? specs[key] : undefined
  return spec && { key, spec }
}
