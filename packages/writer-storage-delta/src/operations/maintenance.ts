import { writeCheckpoint } from '../log/checkpoint-write.ts'
import { cleanUpLog } from '../log/log-cleanup.ts'
import { logTime } from '../log/log-time.ts'
import type { Snapshot } from '../log/snapshot.ts'
import { tableProperties } from '../protocol/table-properties.ts'
import { assertWritable } from '../protocol/writer-gate.ts'
import type { TableCore } from '../table/table-core.ts'
import { countNewFiles, packSmallFiles, packsSmallFiles } from './pack-small-files.ts'

/** The number of versions between two checks for small files. Versions of the table are counted, so that short processes take part. */
const VERSIONS_BETWEEN_LOOKS = 20
/** The time without commits after which packing starts: between writes it delays none of them. */
const QUIET_MS = 50
/** The number of small files from which packing does not wait for a pause between commits. */
const MAX_NEW_FILES = 100
/** The number of versions between two packings that do not wait, so that a table with thousands of small files slows no stream of writes for long. */
const MIN_VERSIONS_BETWEEN = 80

/** The maintenance of the table next to the writes. A failure never fails a write: it is logged, and the next maintenance catches up. */
export interface Maintenance {
  /** Writes a checkpoint and packs small files if they are due, without making the caller wait. */
  afterCommit(): void
  /** Resolves when nothing is running. Work that is not needed for a complete table is left for later. */
  settled(): Promise<void>
  /** Writes a checkpoint of the newest known version. */
  checkpoint(): Promise<void>
}

export function maintenance(core: TableCore): Maintenance {
  const checkpoints = checkpointUpkeep(core)
  let endWait = () => {}
  let closing = 0
  let commits = 0
  let lastLook: number | undefined
  let lastPacking = Number.NEGATIVE_INFINITY

  /** Resolves between writes, or at once if the table has too many small files. */
  async function quiet(): Promise<void> {
    const mayWait = () => {
      const snapshot = core.known()
      if (closing > 0 || snapshot === undefined) return false
      return snapshot.version - lastPacking < MIN_VERSIONS_BETWEEN || countNewFiles(core, snapshot) < MAX_NEW_FILES
    }
    for (let seen = -1; seen !== commits && mayWait(); ) {
      seen = commits
      await new Promise<void>((resolve) => {
        endWait = resolve
        setTimeout(resolve, QUIET_MS).unref()
      })
    }
  }

  async function packIfDue(): Promise<void> {
    const version = core.known()?.version ?? 0
    const mark = version - (version % VERSIONS_BETWEEN_LOOKS)
    // The writer of the version at the mark does the check. If it did not, a later writer does.
    const isDue = version === mark || version >= mark + VERSIONS_BETWEEN_LOOKS / 2
    if (mark === lastLook || !isDue) return
    lastLook = mark
    const snapshot = core.known()
    if (!snapshot || !packsSmallFiles(core, snapshot)) return
    await quiet()
    lastPacking = core.known()?.version ?? 0
    const before = commits
    // Further bins wait for the next check if writes came meanwhile.
    await packSmallFiles(core, () => closing === 0 && commits === before)
  }

  const checkpointing = background(core, 'a checkpoint could not be written', checkpoints.writeIfDue)
  const packing = background(core, 'small files could not be packed', packIfDue)
  return {
    afterCommit() {
      commits++
      checkpointing.start()
      packing.start()
    },
    async checkpoint() {
      await checkpointing.settled()
      const snapshot = core.known()
      if (snapshot) await checkpoints.write(snapshot)
    },
    async settled() {
      closing++
      endWait()
      await Promise.all([checkpointing.settled(), packing.settled()])
      closing--
    },
  }
}

function checkpointUpkeep(core: TableCore) {
  let last: number | undefined

  async function write(snapshot: Snapshot): Promise<void> {
    last = snapshot.version
    assertWritable(snapshot, { changesRows: false, writesData: false })
    await core.withSession('checkpoint', async (session) => {
      const now = await logTime(core)
      await writeCheckpoint(core.store, session, snapshot, now)
      await cleanUpLog(core.store, session, snapshot, now)
    })
  }

  function isDue({ version, metadata }: Snapshot): boolean {
    const { checkpointInterval } = tableProperties(metadata)
    // A table that was opened late gets its checkpoint at the next multiple of the interval.
    const before = last ?? version - (version % checkpointInterval) - (version % checkpointInterval === 0 ? 1 : 0)
    return version > 0 && Math.floor(version / checkpointInterval) > Math.floor(before / checkpointInterval)
  }

  return {
    write,
    async writeIfDue() {
      const snapshot = core.known()
      if (snapshot && isDue(snapshot)) await write(snapshot)
    },
  }
}

/** Runs `work` in the background, one call at a time. Logs its failure. */
function background(core: TableCore, failure: string, work: () => Promise<void>) {
  let running: Promise<void> | undefined
  return {
    start() {
      running ??= work()
        .catch((error: unknown) => core.logger.warn({ version: core.known()?.version, error }, failure))
        .finally(() => {
          running = undefined
        })
    },
    settled: async () => running,
  }
}
