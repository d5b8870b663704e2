/** A number in digits, such as `1.10`, all of which count: for what no double says exactly. */
export interface DecimalLiteral {
  readonly decimal: string
}

/** A constant in a predicate. A Date stands for its instant; a number stands for its shortest digits next to exact numbers. */
export type Literal = string | number | bigint | boolean | Date | DecimalLiteral | null

/** Functions that every storage computes alike. `length` counts code points. `coalesce` takes any number of arguments, `round` one. */
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
 * Something that has a value in each row.
 * Arithmetic is done in doubles; division and remainder by zero give null. `jsonField` is the text of one top-level key of a JSON column
 * (strings unquoted, other values as JSON text), null where the key is missing or JSON null.
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
 * A condition on a row, in SQL's three-valued logic: a comparison with null is unknown, and a row is taken only where the whole is true.
 * NaN equals itself and is greater than every other number; strings compare by code point. Whole numbers, decimals and constants compare exactly with
 * each other, and as doubles next to a column of doubles. Bytes compare as their lower-case hexadecimal text. Values of different kinds (text, numbers, booleans, times) cannot be compared, but for text constants beside a time.
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
  /** `%` any run of characters, `_` any one, `\` escapes. */
  | { readonly op: 'like'; readonly value: Expression; readonly pattern: string; readonly ignoreCase?: boolean }
  /** RE2 syntax, found anywhere in the text: linear time in every storage. */
  | { readonly op: 'matches'; readonly value: Expression; readonly pattern: string }
