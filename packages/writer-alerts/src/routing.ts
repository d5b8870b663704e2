import { type AlertSettings, and, batchRows, eq, isAtLeast, isNotNull, type TableSource } from '@forge/writer-core'
import type { Alert } from './alert.ts'
import { ownershipOf } from './failed-runs.ts'
import { fitsGlob } from './glob.ts'
import { alertOfOutage } from './incidents/outage-alerts.ts'
import { type Outage, readOutage } from './incidents/read-outage.ts'
import { linkFor } from './link.ts'
import type { Outbox } from './outbox/outbox.ts'
import { newEntry, type OutboxEntry } from './outbox/outbox-entry.ts'

/** A setting with the key of its sink. */
export interface Route {
  readonly setting: AlertSettings
  readonly key: string
}

export interface RoutingContext {
  readonly source: TableSource
  readonly outbox: () => Promise<Outbox>
  readonly at: Date
}

/**
 * Returns an entry for each setting that matches an alert by kind, severity, pipeline, tag and owner. The end of an incident goes to the sinks that
 * received it.
 */
export async function entriesFor(
  alerts: readonly Alert[],
  routes: readonly Route[],
  { source, outbox, at }: RoutingContext,
): Promise<OutboxEntry[]> {
  const owned = await withOwnership(alerts, routes, source)
  const outages = await outagesOf(owned, routes, source)
  const wasSentTo = await sinksOfIncident(owned, outbox)
  return routes.flatMap(({ setting, key }) =>
    owned.flatMap((alert) => {
      const wanted = isWanted(alert, setting, wasSentTo(alert, key)) ? forSetting(alert, setting, outages) : undefined
      return wanted ? newEntry(wanted, key, at) : []
    }),
  )
}

const DEFAULT_SEVERITY = 'warning'

function isWanted(alert: Alert, setting: AlertSettings, wasSent: boolean): boolean {
  const { kind, severity, pipeline, tags = [], owner } = alert
  const { on, minSeverity = DEFAULT_SEVERITY } = setting
  if (on !== undefined && !on.includes(kind)) return false
  if (kind === 'recovered') return wasSent
  if (!isAtLeast(severity, minSeverity)) return false
  if (setting.pipelines && !setting.pipelines.some((glob) => pipeline !== null && fitsGlob(glob, pipeline)))
    return false
  if (setting.tags && !setting.tags.some((tag) => tags.includes(tag))) return false
  return !setting.owners || (owner !== undefined && setting.owners.includes(owner))
}

/** Returns the alert as the setting wants it; undefined while too few runs have failed. */
function forSetting(
  alert: Alert,
  { after, linkTemplate }: AlertSettings,
  outages: ReadonlyMap<string, Outage>,
): Alert | undefined {
  const link = linkTemplate === undefined ? undefined : linkFor(linkTemplate, alert)
  const linked = link === undefined ? alert : { ...alert, link }
  if (after === undefined || !isFailure(alert)) return linked
  const outage = outages.get(alert.incident ?? '')
  // A failed write does not belong to an outage of runs.
  if (alert.incident === undefined) return linked
  return outage && !outage.recovery && outage.failedRuns >= after ? alertOfOutage(linked, outage) : undefined
}

function isFailure({ kind }: Alert): boolean {
  return kind === 'failure' || kind === 'lost'
}

/** Reads the outages of the failed pipelines, if a setting needs the number of consecutive failures. */
async function outagesOf(
  alerts: readonly Alert[],
  routes: readonly Route[],
  source: TableSource,
): Promise<Map<string, Outage>> {
  const found = new Map<string, Outage>()
  if (routes.every(({ setting }) => setting.after === undefined)) return found
  const failing = alerts.filter((alert) => isFailure(alert) && alert.incident !== undefined)
  for (const { pipeline, tableFqn, incident } of failing) {
    if (pipeline === null || incident === undefined || found.has(incident)) continue
    const outage = await readOutage(source, pipeline, tableFqn)
    if (outage) found.set(incident, outage)
  }
  return found
}

/** Returns a function that tests whether a sink received, or will receive, the incident that an alert ends. */
async function sinksOfIncident(
  alerts: readonly Alert[],
  outbox: () => Promise<Outbox>,
): Promise<(alert: Alert, key: string) => boolean> {
  const incidents = alerts.flatMap(({ kind, incident }) => (kind === 'recovered' && incident ? incident : []))
  if (incidents.length === 0) return () => false
  const entries = await (await outbox()).ofIncidents([...new Set(incidents)])
  return ({ incident, outage }, key) =>
    entries.some(({ alert, sink }) => {
      if (sink !== key || alert.incident !== incident || alert.kind === 'recovered') return false
      return outage === undefined || Date.parse(alert.occurredAt) >= Date.parse(outage.startedAt)
    })
}

/** The maximum number of rows of a pipeline that are searched for its owner and tags. */
const MAX_ROWS = 50

/** Adds the owner and tags of the newest rows of their pipeline to alerts without them, if a setting needs them. */
async function withOwnership(
  alerts: readonly Alert[],
  routes: readonly Route[],
  source: TableSource,
): Promise<readonly Alert[]> {
  if (routes.every(({ setting }) => setting.tags === undefined && setting.owners === undefined)) return alerts
  const known = new Map<string, Pick<Alert, 'owner' | 'tags'>>()
  const owned: Alert[] = []
  for (const alert of alerts) {
    const { pipeline, owner, tags } = alert
    if (pipeline !== null && owner === undefined && tags === undefined) {
      const found = known.get(pipeline) ?? (await ownershipOfPipeline(source, pipeline))
      known.set(pipeline, found)
      owned.push({ ...alert, ...found })
    } else owned.push(alert)
  }
  return owned
}

async function ownershipOfPipeline(source: TableSource, pipeline: string): Promise<Pick<Alert, 'owner' | 'tags'>> {
  const table = await source.table()
  const { columns } = await table.info()
  const has = (name: string) => columns.some((each) => each.name === name)
  if (!has('metadata')) return {}
  const rows = table.scan({
    columns: ['metadata'],
    where: and(eq('pipeline_id', pipeline), isNotNull('metadata')),
    ...(has('created_at') && { orderBy: [{ column: 'created_at', descending: true }] }),
    limit: MAX_ROWS,
  })
  for await (const batch of rows) {
    for (const { metadata } of batchRows(batch)) {
      const found = ownershipOf(metadata)
      if (found.owner !== undefined || found.tags !== undefined) return found
    }
  }
  return {}
}
