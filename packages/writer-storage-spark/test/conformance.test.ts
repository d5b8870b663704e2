// @module-tag endurance
import { join } from 'node:path'
import { describeSpark } from '@forge/fixtures/spark-tests'
import { type StorageArea, testStorage } from '@forge/writer-core/testing'
import { sparkStorage } from '@forge/writer-storage-spark'

/** The areas that are tested, with commas between them. Default: all. */
const AREAS = process.env.FORGE_SPARK_AREAS?.split(',') as StorageArea[] | undefined

describeSpark('the contract of storages on Spark', (server) => {
  let places = 0
  const open = () => sparkStorage({ url: server.url, path: join(server.folder, `lake${places}`) })
  testStorage({
    name: 'spark',
    create() {
      places++
      return open()
    },
    reopen: open,
    areas: AREAS,
  })
})
