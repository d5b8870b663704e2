// @module-tag many-calls
import { describePostgres } from '@forge/fixtures/postgres-tests'
import { testStorage } from '@forge/writer-core/testing'
import { postgresStorage } from '@forge/writer-storage-postgres'
import { dropAll } from './drop-all.ts'

describePostgres('the contract of storages on PostgreSQL', (server) => {
  const open = () => postgresStorage({ url: server.url })
  testStorage({
    name: 'postgres',
    // A test may open several empty storages, and the server has one database.
    async create() {
      await dropAll(server)
      return open()
    },
    reopen: open,
    destroy: () => dropAll(server),
    limits: { nul: false, nameBytes: 63 },
  })
})
