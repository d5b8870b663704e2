import { readFileSync } from 'node:fs'

// Sources and built files both lie one folder below the package.json of what is run.
const packageJson: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

export const VERSION = String((packageJson as { readonly version: string }).version)
