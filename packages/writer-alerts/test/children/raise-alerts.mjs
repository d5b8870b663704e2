// Raises alerts one after the other: node raise-alerts.mjs STORAGE PATH URL IDS
import { alertStation } from '@forge/writer-alerts'
import { makeAlert, openLog } from './open-log.mjs'

const [kind, path, to, ids] = process.argv.slice(2)
const { storage, source } = openLog(kind, path)
const station = alertStation(source, [{ kind: 'webhook', to, maxPerHour: 1000 }])
for (const id of ids.split(',')) {
  await station.raise([makeAlert(id)])
  await station.deliver()
}
await station.deliver()
await station.close()
await storage.close()
