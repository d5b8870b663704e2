// @module-tag many-cases
import { newFolder, testStorage } from '@forge/writer-core/testing'
import { deltaStorage } from '../src/index.ts'

let folder = ''

for (const fileSkipping of [true, false]) {
  const open = () => deltaStorage({ path: folder, fileSkipping })
  testStorage({
    name: fileSkipping ? 'delta' : 'delta without file skipping',
    create() {
      folder = newFolder()
      return open()
    },
    reopen: open,
  })
}
