import type { PageView } from './view.ts'

/** Returns the period as words. */
export function periodNote({ model }: Pick<PageView<'about'>, 'model'>): string {
  const { from, to } = model.about.period
  if (from === null || to === null) return 'all time'
  const days = Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000)
  return days <= 1 ? 'the last 24 hours' : `the last ${days} days`
}
