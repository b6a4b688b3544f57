// A reader of HTTP/1.1 messages for the two ends of the bench. It trusts its peer and is made to be cheap, so that the ends are not what
// is measured; it says where the bytes of a body are and never copies them.

export type MessageHandlers = {
  /** Start line and fields as one text, without the blank line. */
  readonly onHead: (head: string) => void
  /** Decoded body bytes: from `start` up to `end` of `bytes`, valid during the call only. */
  readonly onBody: (bytes: Buffer, start: number, end: number) => void
  readonly onEnd: () => void
}

const carriageReturn = 13
const lineFeed = 10
const lengthField = /\r\ncontent-length: *(\d+)/i
const chunkedField = /\r\ntransfer-encoding: *chunked/i

type State = 'head' | 'counted' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailer'

/** Feeds `length` bytes of `bytes` to the handlers; keeps only an unfinished head between calls. */
export function createMessageReader(handlers: MessageHandlers): (bytes: Buffer, length: number) => void {
  let state: State = 'head'
  let remaining = 0
  let unfinished: Buffer | undefined

  const finish = (): void => {
    state = 'head'
    handlers.onEnd()
  }

  const readHead = (bytes: Buffer, start: number, length: number): number => {
    const end = bytes.indexOf('\r\n\r\n', start, 'latin1')
    if (end === -1 || end + 4 > length) {
      unfinished = Buffer.from(bytes.subarray(start, length))
      return length
    }
    const head = bytes.toString('latin1', start, end)
    const counted = lengthField.exec(head)?.[1]
    if (counted !== undefined) {
      remaining = Number(counted)
      state = 'counted'
    } else if (chunkedField.test(head)) {
      remaining = 0
      state = 'chunk-size'
    } else {
      remaining = 0
      state = 'counted'
    }
    handlers.onHead(head)
    if (state === 'counted' && remaining === 0) finish()
    return end + 4
  }

  const readChunkSize = (bytes: Buffer, start: number, length: number): number => {
    let at = start
    for (; at < length; at++) {
      const byte = bytes[at] ?? 0
      if (byte === carriageReturn) continue
      if (byte === lineFeed) {
        state = remaining === 0 ? 'trailer' : 'chunk-data'
        return at + 1
      }
      remaining = remaining * 16 + (byte <= 57 ? byte - 48 : (byte | 32) - 87)
    }
    return at
  }

  // Either the CRLF behind a chunk or the one blank line of an empty trailer: in both the line feed ends it.
  const readLineEnd = (bytes: Buffer, start: number, length: number): number => {
    let at = start
    while (at < length && bytes[at] !== lineFeed) at++
    if (at === length) return length
    if (state === 'trailer') finish()
    else state = 'chunk-size'
    return at + 1
  }

  const readBody = (bytes: Buffer, start: number, length: number): number => {
    const end = Math.min(length, start + remaining)
    remaining -= end - start
    handlers.onBody(bytes, start, end)
    if (remaining === 0) {
      if (state === 'counted') finish()
      else state = 'chunk-end'
    }
    return end
  }

  return (received, receivedLength) => {
    let bytes = received
    let length = receivedLength
    if (unfinished !== undefined) {
      bytes = Buffer.concat([unfinished, received.subarray(0, receivedLength)])
      length = bytes.length
      unfinished = undefined
    }
    let at = 0
    while (at < length) {
      if (state === 'head') at = readHead(bytes, at, length)
      else if (state === 'counted' || state === 'chunk-data') at = readBody(bytes, at, length)
      else if (state === 'chunk-size') at = readChunkSize(bytes, at, length)
      else at = readLineEnd(bytes, at, length)
    }
  }
}
