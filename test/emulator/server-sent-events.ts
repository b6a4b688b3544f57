// A reader of event streams for tests, by the words of the HTML standard (9.2.6): what a browser would hand to its page.

export type ServerSentEvent = { readonly event: string | null; readonly data: string }

/** The events of a whole stream; one that was cut in the middle of an event loses that event, as the standard says. */
export function readEvents(stream: Buffer): ServerSentEvent[] {
  const events: ServerSentEvent[] = []
  let event: string | null = null
  let data: string[] = []
  for (const line of stream
    .toString('utf8')
    .split(/\r\n|\n|\r/)
    .slice(0, -1)) {
    if (line === '') {
      if (data.length > 0) events.push({ event, data: data.join('\n') })
      event = null
      data = []
      continue
    }
    const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (field === 'event') event = value
    else if (field === 'data') data.push(value)
  }
  return events
}
