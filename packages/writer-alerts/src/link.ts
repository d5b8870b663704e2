import { WriterConfigurationError } from '@forge/writer-core'
import type { Alert } from './alert.ts'

const PLACEHOLDERS = ['{pipeline_id}', '{run_id}', '{step_name}']

/** Returns the address of an alert by a template, its parts URL-encoded; undefined if the alert lacks one of them. A missing step is left empty. */
export function linkFor(template: string, { pipeline, runId, step }: Alert): string | undefined {
  const values: Readonly<Record<string, string | null>> = {
    '{pipeline_id}': pipeline,
    '{run_id}': runId,
    '{step_name}': step ?? '',
  }
  if (PLACEHOLDERS.some((name) => template.includes(name) && values[name] === null)) return undefined
  return template.replaceAll(/\{\w+\}/g, (name) => encodeURIComponent((values[name] ?? '').toWellFormed()))
}

/** Throws WriterConfigurationError if a template is not an address. */
export function checkLinkTemplate(template: string): void {
  const unknown = (template.match(/\{[^}]*\}?/g) ?? []).filter((name) => !PLACEHOLDERS.includes(name))
  const sample = template.replaceAll(/\{\w+\}/g, 'x')
  const isAddress = URL.canParse(sample) && /^https?:$/.test(new URL(sample).protocol)
  if (unknown.length === 0 && isAddress) return
  const problem = unknown.length > 0 ? `has unknown placeholders ${unknown.join(', ')}` : 'must start with https://'
  throw new WriterConfigurationError(`alerts: linkTemplate ${problem}`, {
    context: { placeholders: PLACEHOLDERS },
    suggestions: [`Write https://runs.example.org/{pipeline_id}/{run_id}; there are ${PLACEHOLDERS.join(', ')}.`],
    committed: 'no',
  })
}
