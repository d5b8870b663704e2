export type StepPhase = 'bronze' | 'silver' | 'gold'

export interface PhaseHints {
  readonly name: string
  /** Such as source, seed, snapshot, model. */
  readonly type?: string
  readonly tags?: readonly string[]
  readonly folders?: readonly string[]
}

const LAYERS: readonly StepPhase[] = ['bronze', 'silver', 'gold']

const CUSTOMS: readonly (readonly [StepPhase, RegExp])[] = [
  ['bronze', /^(source|seed|staging|raw)$|^(stg|raw)_/],
  ['silver', /^(intermediate|snapshot)$|^int_/],
  ['gold', /^marts?$|^(fct|dim)_/],
]

/**
 * The layer of a step: what `overrides` (glob of names to phase) say, else a tag or folder of that name, else the customs of naming, else silver.
 */
export function phaseOf(
  { name, type = '', tags = [], folders = [] }: PhaseHints,
  overrides: Readonly<Record<string, StepPhase>> = {},
): StepPhase {
  const chosen = phaseByName(name, overrides)
  if (chosen) return chosen
  const words = [...tags, ...folders].map((word) => word.toLowerCase())
  const named = LAYERS.find((layer) => words.includes(layer))
  if (named) return named
  const hints = [type, lastPart(name), ...words].map((word) => word.toLowerCase())
  return CUSTOMS.find(([, pattern]) => hints.some((word) => pattern.test(word)))?.[0] ?? 'silver'
}

/** The phase of the first glob that matches a name. */
export function phaseByName(name: string, phases: Readonly<Record<string, StepPhase>>): StepPhase | undefined {
  return Object.entries(phases).find(([glob]) => matchesGlob(glob, name))?.[1]
}

/** `*` is any run of characters, `?` any one. */
export function matchesGlob(glob: string, text: string): boolean {
  const pattern = glob
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${pattern}$`, 's').test(text)
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}
