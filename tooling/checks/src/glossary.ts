/** A word that people have to read twice, and what says the same in the words of the field. */
export interface GlossaryEntry {
  readonly pattern: RegExp
  readonly instead: string
}

export const GLOSSARY: readonly GlossaryEntry[] = [
  { pattern: /\b(told|tells?)\b/i, instead: 'report, show, say' },
  { pattern: /\bbesides?\b/i, instead: 'next to, in addition to' },
  { pattern: /\banew\b/i, instead: 'again' },
  { pattern: /\bin place of\b/i, instead: 'instead of' },
  { pattern: /\bgrave(r|st)?\b/i, instead: 'severe' },
  { pattern: /\bforet(ell|old)\w*/i, instead: 'predict' },
  { pattern: /\b(un)?heed\w*/i, instead: 'respect' },
  { pattern: /\bmend(s|ed|ing)?\b/i, instead: 'fix, repair' },
  { pattern: /\bparted\b/i, instead: 'separated' },
  { pattern: /\bby (itself|themselves)\b/i, instead: 'automatically, alone' },
  { pattern: /\bbut for\b/i, instead: 'except' },
  { pattern: /\b(is|are) none\b/i, instead: 'is not a valid …' },
  { pattern: /(?<!\bthere )\b(is|are) no (?!longer\b|more\b|less\b)/i, instead: 'is not a …, there is no …' },
  { pattern: /\bso many\b/i, instead: 'this many, at most N' },
  {
    pattern: /(?<!\b(place|folder|directory|file|point|position|table|path) )\bwhere\b/i,
    instead: 'if, when',
  },
]

/** Doc comments begin with a verb or with a noun and its article. */
export const BAD_DOC_START =
  /^(Of|Where|By|In|From|As|With|For|To|Without|Among|Beside|Besides|At|On|Under|Until|Between|Before|After|Such|Also|Whether|Like)\b/

/** Constants say MAX and MIN. */
export const BAD_CONSTANT = /\b(MOST|LEAST)_[A-Z]/

/** Functions are verbs. */
export const BAD_FUNCTION =
  /\b(?:function\*? |const (?=\w+ = (?:async )?(?:\([^)]*\)|\w+)(?::[^=]+)? =>))([a-z]+ed|found|wrong|taken|told|said|read[a-z]*en|kept|held|given|done|seen|made|gone|lost|missing|nothing|none)\b/
