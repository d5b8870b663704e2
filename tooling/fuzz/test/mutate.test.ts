import { createRandom } from '@forge/fixtures'
import { expect, test } from 'vitest'
import { mutateBytes, mutateEnd } from '../src/mutate/bytes.ts'
import { mutateJson } from '../src/mutate/json.ts'

const TEXT = '{"a": [1, {"b": "c"}], "d": null}'

test('the same seed gives the same input, and other seeds give others', () => {
  const bytes = (seed: number) =>
    mutateBytes(Buffer.from(TEXT), createRandom(seed), Buffer.from('other')).toString('hex')
  const seeds = Array.from({ length: 50 }, (_none, seed) => seed)
  expect(seeds.map(bytes)).toEqual(seeds.map(bytes))
  expect(new Set(seeds.map(bytes)).size).toBeGreaterThan(40)
})

test('values of JSON are replaced, so that nearly all results are JSON again', () => {
  const texts = Array.from({ length: 200 }, (_none, seed) => mutateJson(TEXT, createRandom(seed)) ?? '')
  const isJson = (text: string) => {
    try {
      JSON.parse(text)
      return true
    } catch {
      return false
    }
  }
  expect(texts.filter((text) => text !== TEXT).length).toBeGreaterThan(150)
  expect(texts.filter(isJson).length).toBeGreaterThan(100)
  expect(mutateJson('no JSON', createRandom(1))).toBeUndefined()
})

test('only the end of a Parquet file is changed', () => {
  const bytes = Buffer.alloc(5000, 7)
  for (let seed = 0; seed < 50; seed++) {
    expect(mutateEnd(bytes, createRandom(seed)).subarray(0, 3000)).toEqual(bytes.subarray(0, 3000))
  }
})
