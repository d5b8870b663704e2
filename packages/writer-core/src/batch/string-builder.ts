import { type Limits, textProblem } from '../column/limits.ts'
import type { ColumnBuilder } from './builder.ts'
import type { ColumnVector } from './log-batch.ts'
import { validityBuilder } from './validity.ts'

// Above this many distinct values a dictionary only pays off if each value occurs three times on average.
const SMALL_DICTIONARY = 1024

/** Creates a builder of text. It encodes values as a dictionary while they repeat, and stores plain values once they no longer do. */
export function stringBuilder(expectedRows: number, limits: Limits): ColumnBuilder {
  let codes = new Uint32Array(expectedRows)
  let count = 0
  let words = wordList(limits)
  let plain: string[] | undefined
  const validity = validityBuilder()

  const putCode = (code: number) => {
    if (count === codes.length) {
      const grown = new Uint32Array(codes.length * 2)
      grown.set(codes)
      codes = grown
    }
    codes[count++] = code
  }
  const addPlain = (values: string[], text: string): string | undefined => {
    const problem = textProblem(limits, text)
    if (problem !== undefined) return problem
    values.push(text)
    count++
    return undefined
  }
  const addNull = () => {
    validity.markNull(count)
    if (plain) {
      plain.push('')
      count++
    } else putCode(0)
  }
  const add = (value: unknown): string | undefined => {
    if (typeof value !== 'string') {
      if (value !== null && value !== undefined) return 'text'
      addNull()
      return undefined
    }
    if (plain) return addPlain(plain, value)
    const code = words.codeOf(value)
    if (typeof code === 'string') return code
    putCode(code)
    if (code >= SMALL_DICTIONARY && code > count / 3) {
      plain = Array.from(codes.subarray(0, count), (known) => words.texts[known] ?? '')
    }
    return undefined
  }
  return {
    add,
    addNull,
    addAll(cells, start, end) {
      for (let at = start; at < end; at++) if (add(cells[at]) !== undefined) return at
      return end
    },
    finish(): ColumnVector {
      const bits = validity.finish(count)
      const { texts } = words
      // The lookup takes more memory than the texts, and finished batches may wait for their write.
      words = wordList(limits)
      if (plain) return { kind: 'text', values: plain, validity: bits }
      // A column of only nulls still needs a value for code 0.
      const dictionary = texts.length === 0 ? [''] : texts
      return { kind: 'dictionary', values: codes.subarray(0, count), dictionary, validity: bits }
    },
    clear() {
      count = 0
      plain = undefined
      words = wordList(limits)
      validity.clear()
    },
  }
}

interface WordList {
  /** The texts, indexed by code. */
  readonly texts: readonly string[]
  /** Returns the code of the text and assigns one if it is new. If the text does not fit, returns what was expected. */
  codeOf(text: string): number | string
}

function wordList(limits: Limits): WordList {
  const texts: string[] = []
  const codes = new Map<string, number>()
  // Maps each code to the code that last followed it: steps repeat in the same order in each run, and this guess is cheaper than the map.
  const following: number[] = []
  let last = 0
  const add = (text: string): number | string => {
    const problem = textProblem(limits, text)
    if (problem !== undefined) return problem
    codes.set(text, texts.length)
    following.push(texts.length)
    return texts.push(text) - 1
  }
  return {
    texts,
    codeOf(text) {
      if (texts[last] === text) return last
      const guess = following[last]
      if (guess !== undefined && texts[guess] === text) {
        last = guess
        return guess
      }
      const code = codes.get(text) ?? add(text)
      if (typeof code === 'string') return code
      following[last] = code
      last = code
      return code
    },
  }
}
