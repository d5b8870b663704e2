// @module-tag many-cases
import { join } from 'node:path'
import { newFolder, testStorage } from '@forge/writer-core/testing'
import { duckdbStorage } from '@forge/writer-storage-duckdb'

let folder = ''
const open = () => duckdbStorage({ path: join(folder, 'logs.duckdb') })

testStorage({
  name: 'duckdb',
  create() {
    folder = newFolder()
    return open()
  },
  reopen: open,
})
