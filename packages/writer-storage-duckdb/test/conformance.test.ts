import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testStorage } from '@forge/writer-core/testing'
import { duckdbStorage } from '@forge/writer-storage-duckdb'

let folder = ''
const open = () => duckdbStorage({ path: join(folder, 'logs.duckdb') })

testStorage({
  name: 'duckdb',
  create() {
    folder = mkdtempSync(join(tmpdir(), 'forge-duckdb-'))
    return open()
  },
  reopen: open,
  destroy: () => rmSync(folder, { recursive: true, force: true }),
})
