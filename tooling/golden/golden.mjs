#!/usr/bin/env node
// Reads Delta tables and prints one JSON line for each: its version, row count and checksum, or why it cannot be read.
import { basename, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { checksumDeltaTable } from '../../packages/writer-storage-delta/dist/index.js'

const { values, positionals } = parseArgs({ options: { at: { type: 'string' } }, allowPositionals: true })
if (positionals.length === 0 || (values.at !== undefined && !/^\d+$/.test(values.at))) {
  process.stderr.write('usage: npm run -s golden -- [--at VERSION] DIR...\n')
  process.exit(2)
}

for (const directory of positionals) {
  const table = basename(resolve(directory))
  process.stdout.write(`${JSON.stringify({ table, ...(await outcomeOf(directory)) })}\n`)
}

async function outcomeOf(directory) {
  try {
    const options = values.at === undefined ? {} : { version: Number(values.at) }
    const { version, rows, checksum } = await checksumDeltaTable(directory, options)
    return { version, rows, checksum_sha256: checksum }
  } catch (error) {
    process.stderr.write(`${directory}: ${error.message}\n`)
    return { error: { code: error.code ?? 'TABLE', feature: error.context?.feature ?? null } }
  }
}
