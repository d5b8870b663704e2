import { jsonErrorOffset, type YamlTextProblem, yamlTextProblem } from '@forge/writer-core/storage'
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  type ParsedNode,
  parseDocument,
  visit,
} from 'yaml'
import { type RuleFileProblem, ruleFileError } from './problem.ts'

/** A rule file as data. */
export interface RuleDocument {
  readonly value: unknown
  /** Returns the line and column, from 1, of the path, or of its nearest existing parent. */
  placeOf(path: readonly (string | number)[]): Place
}

interface Place {
  readonly line: number
  readonly column: number
}

const UNSAFE_KEYS = ['__proto__', 'constructor', 'prototype']

/** Parses the text. Throws WriterConfigurationError that lists all problems of the YAML or JSON, with lines. */
export function readDocument(text: string, format: 'yaml' | 'json', file: string): RuleDocument {
  const lineStarts = [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)]
  const refuse = (problems: readonly YamlTextProblem[], cause?: unknown): never => {
    const placed = problems.map(
      ({ offset, message }): RuleFileProblem => ({ path: '', message, ...at(lineStarts, offset) }),
    )
    throw ruleFileError(file, placed, cause)
  }
  const early = yamlTextProblem(text, (each) => new Lexer().lex(each))
  if (early) refuse([early])
  try {
    if (format === 'json') JSON.parse(text)
    // Duplicate keys are searched below: the parser compares each key with each.
    const document = parseDocument(text, {
      uniqueKeys: false,
      prettyErrors: false,
      intAsBigInt: true,
      logLevel: 'silent',
    })
    const problems = [...syntaxProblems(document), ...keyProblems(document)]
    if (problems.length > 0) refuse(problems)
    const value = withNumbers(document.toJS({ maxAliasCount: 1000 }))
    return { value, placeOf: (path) => at(lineStarts, offsetOf(document, path)) }
  } catch (cause) {
    if (cause instanceof SyntaxError) return refuse([{ offset: jsonErrorOffset(text) ?? 0, message: 'not JSON' }])
    if (cause instanceof RangeError) return refuse([{ offset: 0, message: 'nested too deeply' }], cause)
    if (cause instanceof ReferenceError) return refuse([{ offset: 0, message: 'aliases that repeat too much' }], cause)
    throw cause
  }
}

function at(lineStarts: readonly number[], offset: number): Place {
  let [low, high] = [0, lineStarts.length]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((lineStarts[middle] ?? 0) <= offset) low = middle
    else high = middle
  }
  return { line: low + 1, column: offset - (lineStarts[low] ?? 0) + 1 }
}

// The messages of the parser quote the text.
function syntaxProblems({ errors, warnings }: Document.Parsed): YamlTextProblem[] {
  return [...errors, ...warnings].map(({ code, pos: [offset] }) => ({
    offset,
    message: `not YAML: ${code.toLowerCase().replaceAll('_', ' ')}`,
  }))
}

function keyProblems(document: Document.Parsed): YamlTextProblem[] {
  const problems: YamlTextProblem[] = []
  visit(document, {
    Map(_key, map) {
      const seen = new Set<string>()
      for (const { key } of map.items) {
        const offset = (isNode(key) && key.range?.[0]) || 0
        if (!isScalar(key) || typeof key.value !== 'string')
          problems.push({ offset, message: 'a key that is not text' })
        else if (UNSAFE_KEYS.includes(key.value))
          problems.push({ offset, message: `the key ${key.value} is not allowed` })
        else if (seen.has(key.value))
          problems.push({ offset, message: `the key ${key.value} appears twice`.slice(0, 200) })
        if (isScalar(key)) seen.add(String(key.value))
      }
    },
  })
  return problems
}

/** Returns whole numbers as numbers if they fit, so that none is rounded. */
function withNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (Array.isArray(value)) return value.map(withNumbers)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withNumbers(each)]))
}

function offsetOf(document: Document.Parsed, path: readonly (string | number)[]): number {
  let node: ParsedNode | null = document.contents
  let offset = node?.range[0] ?? 0
  for (const step of path) {
    const parent: unknown = isAlias(node) ? node.resolve(document) : node
    const child: unknown = isMap(parent) || isSeq(parent) ? parent.get(step, true) : undefined
    if (!isNode(child)) return offset
    node = child as ParsedNode
    offset = node.range[0]
  }
  return offset
}
