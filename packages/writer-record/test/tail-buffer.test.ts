import fc from 'fast-check'
import { expect, test } from 'vitest'
import { tailBuffer } from '../src/output/tail-buffer.ts'

test('keeps beginning and end of any output, whatever the sizes of its parts', () => {
  const sizes = fc.record({ headBytes: fc.integer({ min: 1, max: 10 }), tailBytes: fc.integer({ min: 1, max: 20 }) })
  const parts = fc.array(fc.string({ unit: 'grapheme-ascii', maxLength: 50 }), { maxLength: 12 })
  fc.assert(
    fc.property(sizes, parts, (options, chunks) => {
      const buffer = tailBuffer(options)
      for (const chunk of chunks) buffer.push(Buffer.from(chunk))
      const all = chunks.join('')
      const { bytes, head = '', cutBytes = 0, tail } = buffer.read()
      expect(bytes).toBe(all.length)
      expect(head.length + cutBytes + tail.length).toBe(bytes)
      expect(all.startsWith(head)).toBe(true)
      expect(all.endsWith(tail)).toBe(true)
      if (bytes > options.headBytes + options.tailBytes)
        expect([head.length, tail.length]).toEqual([options.headBytes, options.tailBytes])
    }),
  )
})

test('cuts no character in two', () => {
  const buffer = tailBuffer({ headBytes: 6, tailBytes: 6 })
  buffer.push(Buffer.from('aé𝄞bcdefgh𝄞é€'))
  const { head, tail } = buffer.read()
  expect({ head, tail }).toEqual({ head: 'aé', tail: 'é€' })
})
