// Writes a failed run as batch `one`: node write-failed-run.mjs STORAGE PATH URL [die]. With `die` it is killed between commit and alert.
import { alertHook } from '@forge/writer-alerts'
import { createLogWriter } from '@forge/writer-core'
import { CONFIG, openLog } from './open-log.mjs'

const [kind, path, to, die] = process.argv.slice(2)
const { storage } = openLog(kind, path)
const killer = { name: 'killer', afterWrite: () => process.kill(process.pid, 'SIGKILL') }
const alerts = [{ kind: 'webhook', to }]
const writer = await createLogWriter({
  storage,
  config: { ...CONFIG, alerts },
  hooks: [...(die ? [killer] : []), alertHook({ settings: alerts })],
})
const row = { pipeline_id: 'orders', run_id: 'run-1', phase: 'gold', step_name: 'load', success: false }
const { alreadyWritten } = await writer.writeLogRows([row], { batchId: 'one' })
await writer.close()
console.log(JSON.stringify({ alreadyWritten }))
