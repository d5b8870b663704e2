import { Lexer, LineCounter, parseDocument } from 'yaml'
import { yamlTextProblem } from './yaml-text.ts'

/** The place of an error in a text, from 1, and the kind of the error. Texts of the document are in neither, since they can be secrets. */
export interface YamlProblem {
  readonly line: number
  readonly column: number
  readonly problem: string
}

/** Parses a YAML document. Returns its value, or its first problem. This is a file of its own, so that the parser is loaded only for YAML. */
export function parseYaml(text: string): { readonly value: unknown } | YamlProblem {
  const lineCounter = new LineCounter()
  try {
    const early = yamlTextProblem(text, (each) => new Lexer().lex(each))
    if (early) return { ...placeOf(text, early.offset), problem: early.message }
    const document = parseDocument(text, { prettyErrors: false, lineCounter, logLevel: 'silent' })
    const [error] = document.errors
    if (!error) return { value: document.toJS({ maxAliasCount: 100 }) }
    const { line, col } = lineCounter.linePos(error.pos[0])
    return { line, column: col, problem: error.code.toLowerCase().replaceAll('_', ' ') }
  } catch (error) {
    return { line: 1, column: 1, problem: problemOf(error) }
  }
}

function problemOf(error: unknown): string {
  if (error instanceof ReferenceError) return 'aliases that are not defined, or repeat too much,'
  return error instanceof RangeError ? 'nested too deeply' : 'values that cannot be read'
}

function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const lines = text.slice(0, offset).split('\n')
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}
