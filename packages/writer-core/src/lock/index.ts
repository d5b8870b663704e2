export { deadlineIn, msUntil, steadyNow } from './deadline.ts'
export { acquireLock, type FileLock, type LockOptions, TURN_MS } from './file-lock.ts'
export { lockAddress } from './lock-name.ts'
