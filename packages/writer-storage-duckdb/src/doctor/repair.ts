import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DoctorCheck, DoctorReport } from '@forge/writer-core'
import { syncDirectory, syncFile } from '../file/file-sync.ts'
import { markPath, readMark } from '../file/high-water-mark.ts'
import { acquireLock } from '../lock/file-lock.ts'
import type { TableHost } from '../table/duckdb-table.ts'
import { doctorFile, leftovers, reportOf } from './doctor.ts'

/** Mends what {@link doctorFile} finds: keeps copies, leaves a log aside that cannot be read, accepts commits that are gone. */
export async function repairFile(host: TableHost): Promise<DoctorReport> {
  const { database, deadline } = host
  const { path } = database
  const first = await doctorFile(host)
  const repaired: DoctorCheck[] = []
  await database.letGo({ dropEngine: true })
  const lock = await acquireLock(`path:${path}`, { deadline: deadline() })
  try {
    for (const name of leftovers(path)) rmSync(join(dirname(path), name), { force: true })
    if (isProblem(first, 'opens') || isProblem(first, 'commits') || isProblem(first, 'file')) {
      repaired.push(await keepCopies(path))
    }
    if ((isProblem(first, 'opens') || isProblem(first, 'file')) && existsSync(`${path}.wal`)) {
      renameSync(`${path}.wal`, `${path}.wal.damaged-${stamp()}`)
      repaired.push({
        name: 'log',
        status: 'repaired',
        detail: 'the write-ahead log was moved aside; what only it held is dropped',
      })
    }
    const mark = readMark(path)
    if (mark && (isProblem(first, 'commits') || repaired.length > 1)) {
      rmSync(markPath(path), { force: true })
      const detail =
        first.checks.find(({ name }) => name === 'commits')?.detail ?? 'commits that only the log held are dropped'
      repaired.push({ name: 'mark', status: 'repaired', detail: `accepted: ${detail}` })
    }
    syncDirectory(dirname(path))
  } finally {
    await lock.release()
  }
  const { checks } = await doctorFile(host)
  return reportOf([...checks, ...repaired])
}

function isProblem({ checks }: DoctorReport, check: string): boolean {
  return checks.some(({ name, status }) => name === check && status === 'problem')
}

function stamp(): string {
  return new Date().toISOString().replaceAll(/[:.]/g, '-')
}

async function keepCopies(path: string): Promise<DoctorCheck> {
  const kept: string[] = []
  // The file is not open in this process, and the lock keeps it so: copying it drops nobody's lock.
  for (const file of [path, `${path}.wal`, markPath(path)]) {
    if (!existsSync(file)) continue
    const copy = `${file}.before-repair-${stamp()}`
    copyFileSync(file, copy)
    await syncFile(copy)
    kept.push(copy)
  }
  return { name: 'copies', status: 'repaired', detail: `kept ${kept.join(', ')}` }
}
