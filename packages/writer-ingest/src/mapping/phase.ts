import { partsOfName } from './names.ts'

export type StepPhase = 'bronze' | 'silver' | 'gold'

export interface PhaseHints {
  readonly name: string
  /** The part of the name that names the step itself. Default: the last part. */
  readonly ownName?: string | undefined
  /** The kind of the step, such as source, seed, snapshot or model. */
  readonly type?: string | undefined
  readonly tags?: readonly string[] | undefined
  readonly folders?: readonly string[] | undefined
}

const LAYERS: readonly StepPhase[] = ['bronze', 'silver', 'gold']

const CUSTOMS: readonly (readonly [StepPhase, RegExp])[] = [
  ['bronze', /^(source|seed|staging|raw)$|^(stg|raw)_/],
  ['silver', /^(intermediate|snapshot)$|^int_/],
  ['gold', /^marts?$|^(fct|dim)_/],
]

/**
 * Returns the layer of a step from `overrides` (glob of names to phase), else from a tag or folder of that name, else from naming conventions, else
 * silver.
 */
export function phaseOf(
  { name, ownName = partsOfName(name).at(-1) ?? name, type = '', tags = [], folders = [] }: PhaseHints,
  overrides: Readonly<Record<string, StepPhase>> = {},
): StepPhase {
  const chosen = phaseByName(name, overrides)
  if (chosen) return chosen
  const words = [...tags, ...folders].map((word) => word.toLowerCase())
  const named = LAYERS.find((layer) => words.includes(layer))
  if (named) return named
  const hints = [type, ownName, ...words].map((word) => word.toLowerCase())
  return CUSTOMS.find(([, pattern]) => hints.some((word) => pattern.test(word)))?.[0] ?? 'silver'
}

/** Returns the phase of the first glob that matches a name. */
export function phaseByName(name: string, phases: Readonly<Record<string, StepPhase>>): StepPhase | undefined {
  return Object.entries(phases).find(([glob]) => matchesGlob(glob, name))?.[1]
}

/** Returns whether a glob matches a text: `*` stands for any characters, `?` for one. The number of steps is at most the product of both lengths. */
export function matchesGlob(glob: string, text: string): boolean {
  let [at, inText] = [0, 0]
  // The last star, and the first character after its match: if the rest does not match, the star matches one more.
  let [star, resume] = [-1, 0]
  while (inText < text.length) {
    const wanted = glob.charAt(at)
    if (wanted === '*') {
      star = at++
      resume = inText
    } else if (at < glob.length && (wanted === '?' || wanted === text.charAt(inText))) {
      at++
      inText++
    } else if (star !== -1) {
      at = star + 1
      inText = ++resume
    } else {
      return false
    }
  }
  while (glob.charAt(at) === '*') at++
  return at === glob.length
}
