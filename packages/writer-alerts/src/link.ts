import { WriterConfigurationError } from '@forge/writer-core'
import type { Alert } from './alert.ts'

const PLACEHOLDERS = ['{pipeline_id}', '{run_id}', '{step_name}']

/**
 * The address that a template makes for an alert, its parts URL-encoded; undefined when the alert lacks one of them. A step that is not one only is
 * left empty.
 */
export function linkFor(template: string, { pipeline, runId, step }: Alert): string | undefined {
  const values: Readonly<Record<string, string | null>> = {
    '{pipeline_id}': pipeline,
    '{run_id}': runId,
    '{step_name}': step ?? '',
  }
  if (PLACEHOLDERS.some((name) => template.includes(name) && values[name] === null)) return undefined
  return template.replaceAll(/\{\w+\}/g, (name) => encodeURIComponent((values[name] ?? '').toWellFormed()))
}

/** Throws WriterConfigurationError when a template makes no address. */
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
