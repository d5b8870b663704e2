import type { LogRowInput } from '@forge/writer-core'
import type { InstantReader } from './mapping/instant.ts'
import type { IngestInput } from './reading/input.ts'
import type { Partition } from './reading/partition.ts'

/** Reads one format. To add a format, add a file with an adapter and a line in `formats.ts`. */
export interface IngestAdapter {
  /** The name of the format, such as `dbt`, as given to `--format`. */
  readonly format: string
  /** The description in the help, one line. */
  readonly description: string
  /** True if the adapter keeps state of unfinished jobs that later files may complete. Default: false. */
  readonly keepsUnfinished?: boolean | undefined
  /** True if a file holds one run, so that a rejected record leaves the outcome of the run unknown. Default: false. */
  readonly isOneRun?: boolean | undefined
  /** The format-specific options that this format supports; for `depth` its supported value. */
  readonly acceptsOptions?: readonly ('manifest' | 'staleAfterMs' | 'sql' | 'step')[] | undefined
  /** Returns whether a file has this format, judged by its name and its first 64 kB. */
  recognizes(file: { readonly name: string; readonly head: string }): boolean
  /** Yields items in the order of the file. Throws only if the file as a whole cannot be read. */
  read(input: IngestInput, options: AdapterOptions): AsyncIterable<IngestItem>
}

export interface AdapterOptions {
  /** Pipeline id of all rows; overrides the one in the file. */
  readonly pipeline?: string | undefined
  /** Phases by glob of step names; they take precedence over names and tags. */
  readonly phases?: Readonly<Record<string, 'bronze' | 'silver' | 'gold'>> | undefined
  /** Column values from the names of the folders of the file. */
  readonly partition?: Partition | undefined
  /** Reads the times of this file, and counts those without a zone. */
  readonly instants: InstantReader
  /**
   * Level of detail: `sql` also writes the statements of OpenLineage jobs; `step` writes the steps of GitHub jobs instead of the jobs. Default:
   * neither.
   */
  readonly depth?: 'sql' | 'step' | undefined
  /** The `state` of pending items of earlier files, by key. */
  readonly unfinished?: ReadonlyMap<string, string> | undefined
  /** Milliseconds after which a job without an end is recorded as lost. Default: 86400000 (a day). */
  readonly staleAfterMs?: number | undefined
  readonly now?: (() => Date) | undefined
  /** Path of the manifest.json of dbt. Default: the one next to the file. */
  readonly manifest?: string | undefined
}

/** The position of a record in its file. */
export interface Position {
  /** The line number, from 1. */
  readonly line?: number | undefined
  /** A JSON pointer, such as `/results/12`. */
  readonly pointer?: string | undefined
}

export type IngestItem =
  | { readonly kind: 'row'; readonly row: LogRowInput; readonly position: Position }
  /** A record that cannot be read; `record` is its text, cut at 64 kB. */
  | { readonly kind: 'reject'; readonly position: Position; readonly reason: string; readonly record: string }
  /** `count` records (default 1) that describe no run, or parts that are written only with another `depth`. */
  | { readonly kind: 'ignored'; readonly count?: number | undefined }
  /** Records that are part of the row of another record. */
  | { readonly kind: 'folded'; readonly count: number }
  /**
   * Records of a job that has not ended; nothing is written yet. With a key, `state` is stored and passed in again with the next files, until an item
   * `ended` has this key.
   */
  | {
      readonly kind: 'pending'
      readonly count: number
      readonly key?: string | undefined
      readonly state?: string | undefined
    }
  | { readonly kind: 'ended'; readonly key: string }
  /** A warning about the file as a whole; it is reported once. */
  | { readonly kind: 'warning'; readonly text: string }
