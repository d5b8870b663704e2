import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testStorage } from '@forge/writer-core/testing'
import { deltaStorage } from '../src/index.ts'

let folder = ''
const places: string[] = []

for (const fileSkipping of [true, false]) {
  const open = () => deltaStorage({ path: folder, fileSkipping })
  testStorage({
    name: fileSkipping ? 'delta' : 'delta without file skipping',
    create() {
      folder = mkdtempSync(join(tmpdir(), 'forge-delta-'))
      places.push(folder)
      return open()
    },
    reopen: open,
    destroy() {
      for (const place of places.splice(0)) rmSync(place, { recursive: true, force: true })
    },
  })
}
