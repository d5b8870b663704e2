import type { Links } from '@forge/writer-report/pages'
import { segmentOf } from './segment.ts'

/** The addresses of a server below its base path. */
export interface Addresses {
  /** The base path without a slash at its end; empty at the root of a host. */
  readonly base: string
  readonly links: Links
  /** Returns the address of a page with a query. */
  page(path: string, query?: URLSearchParams): string
}

/** Returns the addresses below a base path. */
export function addressesBelow(base: string): Addresses {
  const page = (path: string, query = new URLSearchParams()) => {
    const text = query.toString()
    return `${base}${path}${text === '' ? '' : `?${text}`}`
  }
  return {
    base,
    page,
    links: {
      compare: (a, b) => page('/compare', new URLSearchParams({ a, b })),
      pipeline: (pipeline) => page(`/p/${segmentOf(pipeline)}`),
      run: (runId) => page(`/r/${segmentOf(runId)}`),
      step: (pipeline, phase, step) => page(`/s/${[pipeline, phase, step].map(segmentOf).join('/')}`),
    },
  }
}
