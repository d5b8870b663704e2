import { many, TEXTS } from './data.mjs'

export function kinds() {
  const typeCase = (type, expectation, rest) => ({ rule: { rule: 'type', column: 'a', type }, expectation, ...rest })
  const ofType = (name) => ['ExpectColumnValuesToBeOfType', { column: 'a', type_: name }]
  const parsed = ['ExpectColumnValuesToBeDateutilParseable', { column: 'a' }]
  return [
    ...many({
      ...typeCase('integer', ofType('int64'), { columns: { a: 'int64' }, compared: ['passed'] }),
      data: { 'no rows': [], integers: [[1], [2]], 'integers and nulls': [[1], [null]] },
    }),
    ...many({
      ...typeCase('integer', ofType('int64'), { columns: { a: 'double' }, compared: ['passed'] }),
      data: { 'whole and broken': [[1], [2.5]], 'whole numbers': [[1], [2]], 'no rows': [] },
      differs: {
        'whole numbers': { passed: false, because: 'there it is the type of the column' },
        'no rows': { passed: false, because: 'there it is the type of the column' },
      },
    }),
    ...many({
      ...typeCase('number', ofType('float64'), { columns: { a: 'double' }, compared: ['passed'] }),
      data: { numbers: [[1], [2.5], [null]], 'no rows': [] },
    }),
    ...many({
      ...typeCase('text', ofType('str'), { columns: { a: 'string' } }),
      data: TEXTS,
    }),
    ...many({
      ...typeCase('timestamp', parsed, { columns: { a: 'string' } }),
      data: {
        'no rows': [],
        'instants and nulls': [['2024-01-31T08:00:00Z'], ['2024-01-31 08:00:00.123456+02:00'], [null]],
        'no times': [['yesterday'], ['x'], ['2024-13-01T00:00:00Z'], ['2024-01-31T25:00:00Z']],
        'other ways of writing': [['Jan 31 2024 8am'], ['31/01/2024']],
      },
      differs: {
        'other ways of writing': { passed: true, failing: 0, because: 'it reads more than ISO 8601 there' },
      },
    }),
  ]
}
