const REDACTED = '[left out]'

/**
 * Returns a copy of figures without error messages and without the metadata of runs, which may hold both: every `errorMessage`, the `message` of a
 * group of failures, the `outputs` of commands, the `details` of a run, the command of what runs, and the description of a cluster of errors.
 */
export function redactErrors<Figures>(figures: Figures): Figures {
  // The copy has the same shape: texts stay texts, and objects stay objects.
  return redactValue(figures) as Figures
}

function redactValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redactValue)
  if (typeof value !== 'object' || value === null) return value
  const isCluster = 'type' in value && value.type === 'error_cluster'
  const isRunning = 'pipelineId' in value && 'command' in value
  return Object.fromEntries(
    Object.entries(value).map(([key, own]) => {
      if (isErrorText(key) || (isCluster && key === 'description')) return [key, redactText(own)]
      if (key === 'outputs') return [key, []]
      if (isRunning && key === 'command') return [key, null]
      return [key, key === 'details' ? {} : redactValue(own)]
    }),
  )
}

function isErrorText(key: string): boolean {
  return key === 'errorMessage' || key === 'message'
}

function redactText(text: unknown): unknown {
  return typeof text === 'string' && text !== '' ? REDACTED : text
}
