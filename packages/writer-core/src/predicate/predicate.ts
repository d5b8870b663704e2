/** A number as digits, such as `1.10`, all of which count: for numbers that no double represents exactly. */
export interface DecimalLiteral {
  readonly decimal: string
}

/** A constant in a predicate. A Date stands for its instant; next to exact numbers, a number stands for its shortest digits. */
export type Literal = string | number | bigint | boolean | Date | DecimalLiteral | null

/** A function that every storage computes alike. `length` counts code points. `coalesce` takes any number of arguments, `round` takes one. */
export type FunctionName =
  | 'length'
  | 'lower'
  | 'upper'
  | 'trim'
  | 'abs'
  | 'round'
  | 'floor'
  | 'ceil'
  | 'coalesce'
  | 'isFinite'

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%'
export type ComparisonOperator = '=' | '!=' | '<' | '<=' | '>' | '>='

/**
 * An expression with a value for each row.
 * Arithmetic uses doubles; division and remainder by zero give null. `jsonField` is the text of a top-level key of a JSON column
 * (strings without quotes, other values as JSON text), and null if the key is missing or its value is JSON null.
 */
export type Expression =
  | { readonly kind: 'column'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: Literal }
  | {
      readonly kind: 'arithmetic'
      readonly operator: ArithmeticOperator
      readonly left: Expression
      readonly right: Expression
    }
  | { readonly kind: 'function'; readonly name: FunctionName; readonly args: readonly Expression[] }
  | { readonly kind: 'jsonField'; readonly column: string; readonly key: string }
  | { readonly kind: 'case'; readonly when: Predicate; readonly then: Expression; readonly else: Expression }

/**
 * A condition on a row, in SQL's three-valued logic: a comparison with null is unknown, and a row matches only if the whole condition is true. NaN
 * equals itself and is greater than every other number; strings compare by code point. Whole numbers, decimals and constants compare exactly with
 * each other, and as doubles with a column of doubles. Bytes compare as their lower-case hexadecimal text. Values of different kinds (text, numbers,
 * booleans, times) cannot be compared, except text constants with times.
 */
export type Predicate =
  | { readonly op: 'true' }
  | { readonly op: 'false' }
  | { readonly op: 'and'; readonly args: readonly Predicate[] }
  | { readonly op: 'or'; readonly args: readonly Predicate[] }
  | { readonly op: 'not'; readonly arg: Predicate }
  | {
      readonly op: 'compare'
      readonly operator: ComparisonOperator
      readonly left: Expression
      readonly right: Expression
    }
  | { readonly op: 'in'; readonly value: Expression; readonly list: readonly Literal[] }
  | { readonly op: 'between'; readonly value: Expression; readonly low: Expression; readonly high: Expression }
  | { readonly op: 'isNull'; readonly value: Expression }
  /** Tests the whole text: `%` matches any characters, `_` matches one, `\` escapes. */
  | {
      readonly op: 'like'
      readonly value: Expression
      readonly pattern: string
      readonly ignoreCase?: boolean | undefined
    }
  /** Tests with a regular expression in RE2 syntax, which may match anywhere: linear time in every storage. */
  | { readonly op: 'matches'; readonly value: Expression; readonly pattern: string }
