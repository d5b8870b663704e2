import { expect, test } from 'vitest'
import { decodeZ85 } from '../src/deletion-vector/z85.ts'

const hex = (text: string) => Buffer.from(decodeZ85(text)).toString('hex')

test('an incomplete last group is marked for each missing byte', () => {
  expect(hex('HelloWorld')).toBe('864fd26fb559f75b')
  expect(hex('^Bg9^0rr910000000000iXQKl0rr91000005c8Xg##093')).toBe(
    'd1d339640100000000000000000000003a30000001000000000000001000000003' + '00',
  )
  expect(hex('0rr91###02')).toBe('0100000002')
  expect(hex('0rr91#0036')).toBe('01000000000105')
})

test.each(['0rr9', '0rr9~', '#0rr910rr91', '%nSc1', '##00%#0rr91', '##@@@', 'é0000'])(
  '%s is not valid Z85 text',
  (text) => {
    expect(() => decodeZ85(text)).toThrow()
  },
)
