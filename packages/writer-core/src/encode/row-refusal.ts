export interface FieldProblem {
  readonly field: string
  readonly expected: string
}

/** Why a row was rejected. */
export interface RowRefusal {
  readonly problems: readonly FieldProblem[]
  /** The names of unknown fields, if these are rejected. */
  readonly unknownFields: readonly string[]
}

/** A rejected row with its position in the call, from 0. */
export interface RefusedRow extends RowRefusal {
  readonly row: number
}

/** Collects the problems of the rows of a block. */
export interface BlockRefusals {
  problem(at: number, field: string, expected: string): void
  unknownField(at: number, name: string): void
  /** Returns the rejected rows in order; positions are counted from `start`. */
  finish(start: number): readonly RefusedRow[]
}

const NONE: readonly RefusedRow[] = []

export function blockRefusals(): BlockRefusals {
  const byRow = new Map<number, { readonly problems: FieldProblem[]; readonly unknownFields: string[] }>()
  const refusalOf = (at: number) => {
    const known = byRow.get(at) ?? { problems: [], unknownFields: [] }
    byRow.set(at, known)
    return known
  }
  return {
    problem: (at, field, expected) => void refusalOf(at).problems.push({ field, expected }),
    unknownField: (at, name) => void refusalOf(at).unknownFields.push(name),
    finish(start) {
      if (byRow.size === 0) return NONE
      const rows = [...byRow].sort(([a], [b]) => a - b)
      return rows.map(([at, refusal]) => ({ row: start + at, ...refusal }))
    },
  }
}
