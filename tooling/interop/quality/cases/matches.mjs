import { many, TEXTS } from './data.mjs'

export const MATCHES = [
  ...['l', '^(bronze|gold)$', '^.$', '(?i)gold'].flatMap((pattern) =>
    many({
      rule: { rule: 'matches', column: 'a', pattern },
      expectation: ['ExpectColumnValuesToMatchRegex', { column: 'a', regex: pattern }],
      columns: { a: 'string' },
      data: TEXTS,
    }),
  ),
]
