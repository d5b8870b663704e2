import type { OptimizeTableResult } from '@forge/writer-analytics'
import { bytesText } from '@forge/writer-core/text'
import { defineCommand } from '../command/command.ts'
import { list } from '../command/option.ts'
import { UsageError } from '../command/usage-error.ts'
import { factLines } from '../output/facts.ts'
import { countText, durationText } from '../output/format.ts'
import { showProgress } from '../output/slow-work.ts'

const PARTS = ['partitioning', 'compression', 'zordering', 'vacuum']

export const optimize = defineCommand({
  description: 'Compact the log table, apply clusterColumns and partitionColumns, compress it, and free unused space',
  options: { skip: list(`Operations to skip (${PARTS.join(', ')})`) },
  examples: [
    { command: 'optimize', does: 'run everything that the storage supports' },
    { command: 'optimize --skip vacuum', does: 'keep the files of older versions' },
  ],
  async run({ options, output, openSource }) {
    const skip = options.skip ?? []
    const unknown = skip.filter((part) => !PARTS.includes(part))
    if (unknown.length > 0) throw new UsageError(`--skip takes ${PARTS.join(', ')}, not ${unknown.join(', ')}`)
    const { optimizeTable } = await import('@forge/writer-analytics')
    const source = await openSource({ write: true })
    const result = await showProgress(output, 'optimizing', () =>
      optimizeTable(source, {
        enablePartitioning: !skip.includes('partitioning'),
        enableCompression: !skip.includes('compression'),
        enableZordering: !skip.includes('zordering'),
        enableVacuum: !skip.includes('vacuum'),
      }),
    )
    await output.result(result, () => factLines(facts(result), output))
  },
})

function facts({ optimizationsApplied, skipped, before, after, ...result }: OptimizeTableResult): [string, string][] {
  const totals = ({ files, bytes }: { readonly files: number; readonly bytes: number }) =>
    `${countText(files)} ${files === 1 ? 'file' : 'files'}, ${bytesText(bytes)}`
  return [
    ['applied', optimizationsApplied.join(', ') || `nothing: ${result.reason}`],
    ...skipped.map(({ name, reason }): [string, string] => ['skipped', `${name}: ${reason}`]),
    ['before', totals(before)],
    ['after', totals(after)],
    ['took', durationText(result.optimizationDurationSecs)],
  ]
}
