import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { root } from './workspace.ts'

/** A public function or method that takes an object of options. */
export interface OptionTaker {
  /** The package and the entry, such as `@forge/writer-core/storage`. */
  readonly entry: string
  /** The name, such as `listRuns` or `LogTable.scan`. */
  readonly name: string
}

const FUNCTION = /^export function (\w+)(?:<[^\n]*?>)?\(((?:(?!\): ).)*)\): [^\n]*;?$/gms
const INTERFACE = /^export (?:interface|class|type) (\w+)[^\n]*\{\n(.*?)^\}/gms
const METHOD = /^ {4}(\w+)\??(?:<[^\n]*?>)?\(((?:(?!\): ).)*)\): [^\n]*;?$/gms
/** The types of parameters that hold options, by their names, and types that are written in place. */
const OPTIONS = /(?:Options?|Query|Request|Changes|Settings|ConfigInput|FeedbackInput|NameValues)\b|: \{/

/** Returns the functions and methods that the API reports show with an object of options, each once for each entry. */
export function optionTakers(): OptionTaker[] {
  return readdirSync(join(root, 'packages')).flatMap((folder) => {
    const reports = join(root, 'packages', folder, 'api')
    return readdirSync(reports).flatMap((report) => {
      const module = basename(report, '.api.md')
      const entry = `@forge/${folder}${module === 'index' ? '' : `/${module}`}`
      return namesIn(readFileSync(join(reports, report), 'utf8')).map((name) => ({ entry, name }))
    })
  })
}

function namesIn(report: string): string[] {
  const functions = signaturesIn(report, FUNCTION)
  const methods = [...report.matchAll(INTERFACE)].flatMap(([, type = '', body = '']) =>
    signaturesIn(body, METHOD).map(({ name, parameters }) => ({ name: `${type}.${name}`, parameters })),
  )
  const takers = [...functions, ...methods].filter(({ parameters }) => OPTIONS.test(parameters))
  return [...new Set(takers.map(({ name }) => name))]
}

function signaturesIn(text: string, pattern: RegExp) {
  return [...text.matchAll(pattern)].map(([, name = '', parameters = '']) => ({ name, parameters }))
}
