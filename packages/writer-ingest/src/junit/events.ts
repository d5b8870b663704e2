import { type SaxesAttributePlain, SaxesParser } from 'saxes'
import { MAX_DEPTH } from '../reading/limits.ts'
import { TOO_DEEP } from '../reading/parse-json.ts'

/** A test case of a JUnit report. */
export interface TestCase {
  readonly attributes: Attributes
  /** The attributes of the innermost suite. */
  readonly suite: Attributes
  readonly line: number
  /** The first of each element. */
  readonly results: readonly TestResult[]
  /** The number of attempts that failed and were repeated. */
  readonly repeated: number
}

/** An element of a test case with its outcome. A passed test has none. */
export interface TestResult {
  /** `failure`, `error`, `skipped`, and `flakyFailure`, `rerunFailure` and the like for attempts that were repeated. */
  readonly element: string
  readonly message: string | undefined
  readonly text: string
}

export type Attributes = Readonly<Record<string, string>>

/** The parts of a report, in its order. */
export type ReportEvent =
  | { readonly kind: 'suite'; readonly attributes: Attributes; readonly depth: number }
  | { readonly kind: 'case'; readonly test: TestCase }
  | { readonly kind: 'problem'; readonly line: number; readonly reason: string }

const RESULTS = /^(?:failure|error|skipped|(?:flaky|rerun)(?:Failure|Error))$/
const REPEATED = /^(?:flaky|rerun)/
const MAX_TEXT = 64 * 1024
/** The maximum length of a text or a tag, which the parser holds whole. */
const MAX_PART = 64 * 1024 * 1024

/** Reads a report as a stream. If it is not XML, or a part of it is too long, yields one problem and stops. */
export async function* readReport(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ReportEvent> {
  const decoder = new TextDecoder('utf-8')
  const found: ReportEvent[] = []
  let length = 0
  const parser = eventParser(
    (event) => found.push(event),
    () => {
      length = 0
    },
  )
  try {
    for await (const chunk of bytes) {
      length += chunk.length
      if (length > MAX_PART) throw new XmlProblem('a text or tag is longer than 64 MB', parser.line)
      parser.write(decoder.decode(chunk, { stream: true }))
      yield* found.splice(0)
    }
    parser.write(decoder.decode())
    parser.close()
  } catch (error) {
    if (!(error instanceof XmlProblem)) throw error
    yield* found.splice(0)
    yield { kind: 'problem', line: error.line, reason: error.message }
    return
  }
  yield* found.splice(0)
}

class XmlProblem extends Error {
  readonly line: number

  constructor(message: string, line: number) {
    super(message)
    this.line = line
  }
}

interface OpenTest {
  readonly attributes: Attributes
  readonly line: number
  readonly results: OpenResult[]
  repeated: number
}

interface OpenResult {
  readonly element: string
  readonly message: string | undefined
  text: string
}

/** Creates a parser that emits the parts of a report; `onPart` is called at the end of each tag, text and comment. */
function eventParser(emit: (event: ReportEvent) => void, onPart: () => void): SaxesParser<{ xmlns: false }> {
  const parser = new SaxesParser({ xmlns: false, position: true })
  const suites: Attributes[] = []
  let test: OpenTest | undefined
  let depth = 0
  let result: OpenResult | undefined
  const addText = (text: string) => {
    onPart()
    if (result && result.text.length < MAX_TEXT) result.text += text.slice(0, MAX_TEXT)
  }
  parser.on('error', (error) => {
    throw new XmlProblem(`not valid XML: ${error.message.replace(/^(?:\d+:\d+: )/, '')}`, parser.line)
  })
  parser.on('opentag', ({ name, attributes }) => {
    onPart()
    if (++depth > MAX_DEPTH) throw new XmlProblem(TOO_DEEP, parser.line)
    const plain = plainAttributes(attributes)
    if (name === 'testsuite' || name === 'testsuites') {
      emit({ kind: 'suite', attributes: plain, depth: suites.length })
      suites.push(plain)
    } else if (name === 'testcase') {
      test = { attributes: plain, line: parser.line, results: [], repeated: 0 }
    } else if (test && RESULTS.test(name)) {
      result = { element: name, message: plain.message ?? plain.type, text: '' }
      if (REPEATED.test(name)) test.repeated++
      if (!test.results.some(({ element }) => element === name)) test.results.push(result)
    }
  })
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('comment', onPart)
  parser.on('closetag', ({ name }) => {
    onPart()
    depth--
    if (name === 'testsuite' || name === 'testsuites') suites.pop()
    else if (name === 'testcase' && test) {
      emit({ kind: 'case', test: { ...test, suite: suites.at(-1) ?? {} } })
      test = undefined
    } else if (result?.element === name) result = undefined
  })
  return parser
}

function plainAttributes(attributes: Readonly<Record<string, string | SaxesAttributePlain>>): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, typeof value === 'string' ? value : value.value]),
  )
}
