import { expect, test } from 'vitest'
import { type Bench, read, rowsOf } from './storage-under-test.ts'

const VALUES = {
  name: [
    '',
    'a',
    ' ',
    ' a ',
    '\r\n',
    '\ufeff',
    '\0',
    'NaN',
    'é',
    'e\u0301',
    '\u{10ffff}\uffff',
    '\ufeffbom',
    'a\0b',
    'null',
    "it's",
    '"quoted"',
    '\\',
    'line\nbreak',
    '日本 🎉',
    'x'.repeat(5000),
  ],
  id: [
    0,
    -1,
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
    2n ** 53n,
    -(2n ** 53n) - 1n,
    2n ** 63n - 1n,
    -(2n ** 63n),
  ],
  secs: [
    0,
    1.5,
    0.1,
    5e-324,
    -1e-300,
    Number.MAX_VALUE,
    2 ** 53,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ],
  ok: [true, false],
  at: [
    '0001-01-01T00:00:00.000000Z',
    '1969-12-31T23:59:59.999999Z',
    '1970-01-01T00:00:00.000000Z',
    '2024-02-29T12:34:56.789012Z',
    '9999-12-31T23:59:59.999999Z',
  ],
  extra: ['{}', '{"a":1,"b":[null,"ü"]}', '[1.50, 2]', '"text"', '{"__proto__":{"x":1}}', '1'],
} as const

/** Tests that values are read exactly as they were written. */
export function testValues(bench: Bench): void {
  test.each(Object.keys(VALUES) as (keyof typeof VALUES)[])(
    'values of %s, including null, are read exactly',
    async (name) => {
      const table = await bench.table()
      const all: readonly unknown[] = name === 'id' ? VALUES[name] : [...VALUES[name], null]
      const values = all.filter((value) => !isBeyondLimit(value, bench))
      const given = values.map((value, at) => (name === 'id' ? { id: value, secs: at } : { id: at, [name]: value }))
      await table.append(rowsOf(...given), { batchId: 'a' })
      const order = [{ column: name === 'id' ? 'secs' : 'id' }]
      const found = await read(table, { orderBy: order })
      expect(found.map((row) => row[name])).toEqual(values)
    },
  )

  test('text with NUL is rejected by a storage that cannot keep it, and nothing is stored (skipped if it can)', async ({
    skip,
  }) => {
    if (bench.limits.nul !== false) skip('the storage keeps NUL')
    const table = await bench.table()
    await table.append(rowsOf({ id: 1 }), { batchId: 'a' })
    const texts = ['\0', 'a\0b']
    for (const name of texts) {
      const write = table.append(rowsOf({ id: 2, name: 'x' }, { id: 3, name }), { batchId: 'b' })
      await expect(write).rejects.toMatchObject({ code: 'SCHEMA', committed: 'no' })
    }
    expect(await read(table, { columns: ['id'] })).toEqual([{ id: 1 }])
  })

  test('rows without any value are read as such', async () => {
    const table = await bench.table()
    await table.append(rowsOf(...Array.from({ length: 100 }, (_none, id) => ({ id }))), { batchId: 'a' })
    const found = await read(table, { columns: ['name', 'secs', 'ok', 'at', 'extra'] })
    expect(found).toEqual(
      Array.from({ length: 100 }, () => ({ name: null, secs: null, ok: null, at: null, extra: null })),
    )
  })

  test('many rows with few or many different texts are read exactly', async () => {
    const table = await bench.table()
    const given = Array.from({ length: 20_000 }, (_none, id) => ({
      id,
      name: id % 2 === 0 ? `few ${id % 7}` : `many ${id}`,
      secs: id % 3 === 0 ? null : id / 3,
    }))
    await table.append(rowsOf(...given), { batchId: 'a' })
    const found = await read(table, { columns: ['id', 'name', 'secs'], orderBy: [{ column: 'id' }] })
    expect(found).toEqual(given)
  })
}

function isBeyondLimit(value: unknown, { limits }: Bench): boolean {
  return limits.nul === false && typeof value === 'string' && value.includes('\0')
}
