// @module-tag processes
import { testStorage } from '@forge/writer-core/testing'
import { deltaStorage } from '@forge/writer-storage-delta'
import { s3Stores } from '@forge/writer-store-s3'
import { describeS3, placeOn } from './test-server.ts'

describeS3('the contract of storages on S3', (server) => {
  let place = placeOn(server)
  // A new cache at each opening: nothing is found locally.
  const open = () => deltaStorage({ stores: s3Stores(place) })
  testStorage({
    name: `delta on ${server.kind}`,
    create() {
      place = placeOn(server)
      return open()
    },
    reopen: open,
    destroy() {},
  })
})
