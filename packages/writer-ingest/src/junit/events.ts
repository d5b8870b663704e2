import { type SaxesAttributePlain, SaxesParser } from 'saxes'

/** A test case of a JUnit report. */
export interface TestCase {
  readonly attributes: Attributes
  /** The attributes of the innermost suite. */
  readonly suite: Attributes
  readonly line: number
  readonly results: readonly TestResult[]
}

/** An element of a test case that says how it went. A passed test has none. */
export interface TestResult {
  /** `failure`, `error`, `skipped`, and `flakyFailure`, `rerunFailure` and the like for attempts that were repeated. */
  readonly element: string
  readonly message: string | undefined
  readonly text: string
}

export type Attributes = Readonly<Record<string, string>>

/** What a report contains, in its order. */
export type ReportEvent =
  | { readonly kind: 'suite'; readonly attributes: Attributes; readonly depth: number }
  | { readonly kind: 'case'; readonly test: TestCase }
  | { readonly kind: 'problem'; readonly line: number; readonly reason: string }

const RESULTS = /^(?:failure|error|skipped|(?:flaky|rerun)(?:Failure|Error))$/
const MAX_TEXT = 64 * 1024

/** Reads a report as a stream. Text that is not XML is one problem, after which nothing more is read. */
export async function* readReport(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ReportEvent> {
  const decoder = new TextDecoder('utf-8')
  const found: ReportEvent[] = []
  const parser = eventParser((event) => found.push(event))
  try {
    for await (const chunk of bytes) {
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

interface OpenResult {
  readonly element: string
  readonly message: string | undefined
  text: string
}

function eventParser(emit: (event: ReportEvent) => void): SaxesParser<{ xmlns: false }> {
  const parser = new SaxesParser({ xmlns: false, position: true })
  const suites: Attributes[] = []
  let test: { readonly attributes: Attributes; readonly line: number; readonly results: OpenResult[] } | undefined
  let result: OpenResult | undefined
  const addText = (text: string) => {
    if (result && result.text.length < MAX_TEXT) result.text += text
  }
  parser.on('error', (error) => {
    throw new XmlProblem(`not valid XML: ${error.message.replace(/^(?:\d+:\d+: )/, '')}`, parser.line)
  })
  parser.on('opentag', ({ name, attributes }) => {
    const plain = plainAttributes(attributes)
    if (name === 'testsuite' || name === 'testsuites') {
      emit({ kind: 'suite', attributes: plain, depth: suites.length })
      suites.push(plain)
    } else if (name === 'testcase') {
      test = { attributes: plain, line: parser.line, results: [] }
    } else if (test && RESULTS.test(name)) {
      result = { element: name, message: plain.message ?? plain.type, text: '' }
      test.results.push(result)
    }
  })
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('closetag', ({ name }) => {
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
