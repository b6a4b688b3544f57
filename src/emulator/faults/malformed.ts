// Bodies that cannot be read: JSON without its last brace, or the HTML page that a proxy puts in its place.
import type { Content } from '../send.ts'

const page = Buffer.from(
  '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n',
)

/** Of a stream the second event is broken, of JSON the whole; anything else has no form that could be bad. */
export function malformed(content: Content, how: 'json' | 'html'): Content {
  if (content.contentType.includes('event-stream'))
    return { ...content, sizeBytes: how === 'html' ? null : content.sizeBytes, chunks: badEvents(content.chunks, how) }
  if (!content.contentType.includes('json')) return content
  return how === 'html'
    ? { ...content, sizeBytes: page.length, chunks: insteadOf(content.chunks) }
    : { ...content, chunks: badJson(content.chunks) }
}

async function* insteadOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // Read all the same: what it comes from wants to be finished.
  for await (const _ of chunks);
  yield page
}

async function* badJson(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let last: Uint8Array | null = null
  for await (const chunk of chunks) {
    if (last !== null) yield last
    last = chunk
  }
  if (last !== null) yield withoutBrace(last)
}

/** As long as before, so that the length still fits. */
function withoutBrace(bytes: Uint8Array): Uint8Array {
  const broken = Buffer.from(bytes)
  const at = Math.max(broken.lastIndexOf('}'), broken.lastIndexOf(']'))
  if (at !== -1) broken[at] = 0x20
  return broken
}

async function* badEvents(chunks: AsyncIterable<Uint8Array>, how: 'json' | 'html'): AsyncGenerator<Uint8Array> {
  let pending = Buffer.alloc(0)
  let count = 0
  for await (const chunk of chunks) {
    pending = Buffer.concat([pending, chunk])
    for (let end = pending.indexOf('\n\n'); end !== -1; end = pending.indexOf('\n\n')) {
      const event = pending.subarray(0, end + 2)
      pending = pending.subarray(end + 2)
      if (++count !== 2) yield event
      else yield how === 'html' ? Buffer.concat([Buffer.from('data: '), page, Buffer.from('\n')]) : withoutBrace(event)
    }
  }
  yield pending
}
