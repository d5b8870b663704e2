import { assertNoProblems } from './assert-options.ts'

/** The arguments of a function that takes rows, options, or both. */
export interface RowsAndOptions<Item, Options> {
  /** The rows; undefined if only options are given. */
  readonly rows: Iterable<Item> | undefined
  /** The options, which are not checked yet. */
  readonly options: Options
}

/** Distinguishes rows from options by whether they can be iterated. Throws WriterConfigurationError if the first argument is neither. */
export function rowsAndOptions<Item, Options extends object>(
  what: string,
  first: Iterable<Item> | Options | undefined,
  second: Options | undefined,
): RowsAndOptions<Item, Options> {
  const isObject = typeof first === 'object' && first !== null
  const isRows = isObject && Symbol.iterator in first
  const isWrong = first !== undefined && !isRows && (second !== undefined || !isObject)
  const problem = 'must be an array or another iterable of rows'
  assertNoProblems(what, [isWrong && { setting: 'rows', problem }])
  return {
    rows: isRows ? first : undefined,
    options: second ?? (isRows || first === undefined ? ({} as Options) : first),
  }
}
