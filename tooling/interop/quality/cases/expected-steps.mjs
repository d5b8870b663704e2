import { many } from './data.mjs'

export const EXPECTED_STEPS = [
  ...many({
    rule: { rule: 'expectedSteps', steps: ['extract', 'load'], run: 'run', step: 'step' },
    expectation: ['ExpectColumnDistinctValuesToContainSet', { column: 'step', value_set: ['extract', 'load'] }],
    columns: { run: 'string', step: 'string' },
    data: {
      'no rows': [],
      'all steps of one run, and more': [
        ['r', 'extract'],
        ['r', 'load'],
        ['r', 'other'],
        ['r', null],
      ],
      'a step is missing': [['r', 'extract']],
      'no names': [['r', null]],
    },
    compared: ['passed'],
    differs: { 'no rows': { passed: false, because: 'there it checks the table: without rows there are no steps' } },
  }),
]
