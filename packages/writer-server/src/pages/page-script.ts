import { TABLE_SCRIPT } from '@forge/writer-report/pages'
import { LIVE_SCRIPT } from './live-script.ts'
import { MORPH_SCRIPT } from './morph-script.ts'

/** The script of live pages. Everything can be read, filtered and followed without it. */
export const PAGE_SCRIPT = `${TABLE_SCRIPT}${MORPH_SCRIPT}${LIVE_SCRIPT}`
