// Runs a query with the engine alone, as another program does, and prints the rows as JSON. Arguments: database path, query.
import { DuckDBInstance } from '@duckdb/node-api'

const [path, query] = process.argv.slice(2)
const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' })
const connection = await instance.connect()
await connection.run("set timezone = 'UTC'")
const reader = await connection.runAndReadAll(query)
process.stdout.write(JSON.stringify(reader.getRowObjectsJson()))
