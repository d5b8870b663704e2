import type { DoctorCheck, DoctorReport } from './storage-backend.ts'

/** Returns the report of the checks: a storage is healthy if each check passed, or repaired what it found. */
export function doctorReport(checks: readonly DoctorCheck[]): DoctorReport {
  return { healthy: checks.every(({ status }) => status === 'ok' || status === 'repaired'), checks }
}
