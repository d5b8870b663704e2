export const OUTCOMES = ['succeeded', 'failed', 'unknown'] as const
export const STATES = ['failed', 'late', 'unknown', 'succeeded'] as const
