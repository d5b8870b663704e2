// A process that appends to a table of a Spark server: `writer.mjs URL PATH NAME COUNT`. Each commit has ROWS rows, and its batch id names it.
// Prints `id new|known` for each commit that is stored.
import { writeSync } from 'node:fs'
import { append, withTable } from './harness.mjs'

const [url, path, name, count] = process.argv.slice(2)
await withTable({ url, path }, async (table) => {
  for (let at = 0; at < Number(count); at++) {
    const id = `${name}-${at}`
    const { alreadyWritten } = await append(table, id)
    writeSync(1, `${id} ${alreadyWritten ? 'known' : 'new'}\n`)
  }
})
