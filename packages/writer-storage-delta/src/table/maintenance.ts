import { writeCheckpoint } from '../log/checkpoint-write.ts'
import { cleanUpLog } from '../log/log-cleanup.ts'
import type { Snapshot } from '../log/snapshot.ts'
import { tableProperties } from '../protocol/table-properties.ts'
import { assertWritable } from '../protocol/writer-gate.ts'
import type { TableCore } from './table-core.ts'

/** Upkeep of the log beside the writes. A failure never fails a write: it is logged, and the next checkpoint makes up for it. */
export interface Maintenance {
  /** Writes a checkpoint where one is due, without making the caller wait. */
  afterCommit(): void
  settled(): Promise<void>
  /** Writes a checkpoint of the newest known version. */
  checkpoint(): Promise<void>
}

export function maintenance(core: TableCore): Maintenance {
  let running: Promise<void> | undefined
  let lastCheckpoint: number | undefined

  async function checkpoint(snapshot: Snapshot): Promise<void> {
    lastCheckpoint = snapshot.version
    assertWritable(snapshot, { changesRows: false, writesData: false })
    await core.withSession('checkpoint', async (session) => {
      await writeCheckpoint(core.store, session, snapshot, core.settings.now())
      await cleanUpLog(core.store, session, snapshot, core.settings.now())
    })
  }

  async function upkeep(): Promise<void> {
    const snapshot = core.known()
    if (snapshot === undefined || !isDue(snapshot)) return
    try {
      await checkpoint(snapshot)
    } catch (error) {
      core.logger.warn({ version: snapshot.version, error }, 'a checkpoint could not be written')
    }
  }

  function isDue({ version, metadata }: Snapshot): boolean {
    const { checkpointInterval } = tableProperties(metadata)
    // A table that was opened late gets its checkpoint at the next round version.
    const last =
      lastCheckpoint ?? version - (version % checkpointInterval) - (version % checkpointInterval === 0 ? 1 : 0)
    return version > 0 && Math.floor(version / checkpointInterval) > Math.floor(last / checkpointInterval)
  }

  return {
    afterCommit() {
      running ??= upkeep().finally(() => {
        running = undefined
      })
    },
    async checkpoint() {
      await running
      const snapshot = core.known()
      if (snapshot) await checkpoint(snapshot)
    },
    async settled() {
      await running
    },
  }
}
