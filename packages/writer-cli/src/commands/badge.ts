import { defineCommand } from '../command/command.ts'
import { text } from '../command/option.ts'
import { choiceOf, knownSource, PIPELINE_OPTIONS } from '../command/owner-options.ts'
import { isStandardOutput, writeOutputFile } from '../output/output-file.ts'

export const badge = defineCommand({
  description:
    'Write a badge with the state of pipelines, an SVG file for a README or a wiki. An existing file is replaced.',
  options: {
    svg: text('File to write; - is standard output', { short: 'o', value: 'file', default: '-' }),
    label: text('Text on the left; default: the pipeline, otherwise `pipelines`'),
    ...PIPELINE_OPTIONS,
  },
  examples: [
    { command: 'badge --svg pipelines.svg', does: 'the state of all pipelines' },
    { command: 'badge --pipeline shop --svg shop.svg', does: 'the state of one pipeline' },
  ],
  async run({ options, output, host, openSource }) {
    const { listPipelines } = await import('@forge/writer-analytics')
    const { renderBadge } = await import('@forge/writer-report')
    const { pipeline } = options
    const list = await listPipelines(await knownSource(await openSource(), options), {
      runs: 1,
      limit: 1000,
      now: host.now,
      ...choiceOf(options),
    })
    const content = renderBadge(list, { label: options.label ?? pipeline })
    if (isStandardOutput(options.svg)) {
      await output.result({ svg: content }, () => [content.trimEnd()])
      return
    }
    const { path, bytes } = await writeOutputFile(options.svg, content, { cwd: host.cwd, isShared: true })
    await output.result({ path, bytes }, () => [path])
  },
})
