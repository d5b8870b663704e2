export type { LockWait } from '../diagnostics/trace-call.ts'
export { deadlineIn, msUntil, steadyNow } from './deadline.ts'
export { acquireLock, type FileLock, type LockOptions, TURN_MS, traceWait } from './file-lock.ts'
export { lockAddress } from './lock-name.ts'
