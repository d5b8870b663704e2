/** One family of metrics, in the words of Prometheus. */
export interface MetricFamily {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly samples: readonly MetricSample[]
}

export interface MetricSample {
  readonly labels: Readonly<Record<string, string>>
  /** Null if the figure is not known: the sample is left out. */
  readonly value: number | null
}

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Returns families of metrics in the text format of Prometheus. Of two samples with the same labels, the first one counts. */
export function expositionOf(families: readonly MetricFamily[]): string {
  return families.map(familyText).join('')
}

function familyText({ name, type, help, samples }: MetricFamily): string {
  const lines = new Map<string, string>()
  for (const { labels, value } of samples) {
    if (value === null || !Number.isFinite(value)) continue
    const series = `${name}${labelsText(labels)}`
    if (!lines.has(series)) lines.set(series, `${series} ${value}\n`)
  }
  if (lines.size === 0) return ''
  return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n${[...lines.values()].join('')}`
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const texts = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`)
  return texts.length === 0 ? '' : `{${texts.join(',')}}`
}

/** Halves of characters cannot be sent. */
function escapeLabel(value: string): string {
  return value
    .replace(/\p{Surrogate}/gu, '\uFFFD')
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('"', '\\"')
}
