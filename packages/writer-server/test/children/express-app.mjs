// An application of Express with the dashboard below a path, for people with a session. Prints its address. Arguments: database path, base path, cookie.
import { tableSource } from '@forge/writer-core'
import { createServerHandler, nodeListener } from '@forge/writer-server'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import express from 'express'

const [path, basePath, cookie] = process.argv.slice(2)
const storage = duckdbStorage({ path, readOnly: true })
const source = tableSource({ storage, config: { tableSchema: 'analytics', tableName: 'pipeline_logs' } })
const authorize = ({ headers }) => headers.get('cookie') === cookie
const dashboard = createServerHandler(source, { basePath, authorize, pollMs: 50, maxStreams: 1 })
const app = express()
app.get('/', (_request, response) => response.send('own page'))
app.use(basePath, nodeListener(dashboard))
const server = app.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${server.address().port}\n`))
