import type { LogRowInput } from '@forge/writer-core'
import type { InstantReader } from './mapping/instant.ts'
import type { IngestInput } from './reading/input.ts'
import type { Partition } from './reading/partition.ts'

/** Reads one format. Adding a format means adding a file with one of these, and a line in `formats.ts`. */
export interface IngestAdapter {
  /** Such as `dbt`; what `--format` takes. */
  readonly format: string
  /** One line for the help. */
  readonly description: string
  /** Whether it hands in state of what has not ended, to be picked up with later files. Default false. */
  readonly keepsUnfinished?: boolean
  /** Whether a file is one run, so that a record that cannot be read leaves the outcome of that run open. Default false. */
  readonly isOneRun?: boolean
  /** Which of the options that act on some formats alone act on this one; of `depth`, its value. */
  readonly heeds?: readonly ('manifest' | 'staleAfterHours' | 'sql' | 'step')[]
  /** Whether a file is of this format, by its name and its first 64 kB. */
  recognizes(file: { readonly name: string; readonly head: string }): boolean
  /** Yields rows in the order of the file. Throws only where the file as a whole cannot be read. */
  read(input: IngestInput, options: AdapterOptions): AsyncIterable<IngestItem>
}

export interface AdapterOptions {
  /** In place of the pipeline id that the file tells. */
  readonly pipeline?: string
  /** Glob of step names to phase; wins over what names and tags tell. */
  readonly phases?: Readonly<Record<string, 'bronze' | 'silver' | 'gold'>>
  /** What the folders of the file say of its rows. */
  readonly partition?: Partition
  /** Reads the times of this file; those without a zone are counted, and told once. */
  readonly instants: InstantReader
  /** How deep a job is taken apart: `sql` also writes the statements of OpenLineage jobs, `step` the steps of GitHub jobs in their place. Default: neither. */
  readonly depth?: 'sql' | 'step'
  /** What earlier files left unfinished, by key: the `state` of their pending items. */
  readonly unfinished?: ReadonlyMap<string, string>
  /** Something that started so many hours ago and has no end is recorded as lost. Default 24. */
  readonly staleAfterHours?: number
  readonly now?: () => Date
  /** Path of the manifest.json of dbt. Default: the one beside the file. */
  readonly manifest?: string
}

/** Where in its file a record stands. */
export interface Position {
  /** From 1. */
  readonly line?: number
  /** JSON pointer, such as `/results/12`. */
  readonly pointer?: string
}

export type IngestItem =
  | { readonly kind: 'row'; readonly row: LogRowInput; readonly position: Position }
  /** A record that cannot be read; `record` is its text, cut at 64 kB. */
  | { readonly kind: 'reject'; readonly position: Position; readonly reason: string; readonly record: string }
  /** `count` records (default 1) that tell of no run, or of parts that are written only at another depth. */
  | { readonly kind: 'ignored'; readonly count?: number }
  /** Records that are part of a row which another record stands for. */
  | { readonly kind: 'folded'; readonly count: number }
  /**
   * Records of something that has not ended: nothing is written of it yet. With a key, `state` is kept, and handed in again with the next files until
   * an item `ended` names the key.
   */
  | { readonly kind: 'pending'; readonly count: number; readonly key?: string; readonly state?: string }
  | { readonly kind: 'ended'; readonly key: string }
  /** Of the file as a whole: told once. */
  | { readonly kind: 'warning'; readonly text: string }
