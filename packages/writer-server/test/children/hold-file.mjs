// Holds a database as another engine does, and says so, until its input ends. Argument: database path.
import { DuckDBInstance } from '@duckdb/node-api'

const instance = await DuckDBInstance.create(process.argv[2])
process.stdout.write('held\n')
process.stdin.resume().on('end', () => {
  instance.closeSync()
  process.exit()
})
