/**
 * Returns a function that runs one call at a time. Callers that arrive while it runs share the next call, so that each answer is at least as new as
 * its question.
 */
export function sharedCalls<Answer>(call: () => Promise<Answer>): () => Promise<Answer> {
  let running: Promise<Answer> | undefined
  let next: Promise<Answer> | undefined
  const start = () => {
    next = undefined
    const answer = call().finally(() => {
      running = undefined
    })
    running = answer
    return answer
  }
  return () => {
    if (!running) return start()
    next ??= running.then(start, start)
    return next
  }
}
