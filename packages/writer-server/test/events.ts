export interface ServerEvent {
  readonly event: string
  readonly id: string | undefined
  readonly data: unknown
}

/** Reads the events of a stream one by one. */
export async function* eventsOf(response: Response): AsyncGenerator<ServerEvent> {
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += new TextDecoder().decode(chunk)
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = new Map(
        text
          .slice(0, end)
          .split('\n')
          .map((line) => line.split(': ', 2) as [string, string]),
      )
      text = text.slice(end + 2)
      const event = fields.get('event')
      if (event) yield { event, id: fields.get('id'), data: JSON.parse(fields.get('data') ?? 'null') }
    }
  }
}

export async function nextOf(events: AsyncGenerator<ServerEvent>): Promise<ServerEvent> {
  const { value, done } = await events.next()
  if (done) throw new Error('the stream ended')
  return value
}
