// Writes the body of an answer to a client. node:http would hand each part of a chunk to the kernel as a vector of its own;
// framing it here in one buffer halves the cost of a stream (measured: `npm run bench`, the burst and paced rows).
import { releasableBytes, release } from '../../kernel/release.ts'
import type { Opened } from '../exchange.ts'
import { endAnswer, promiseOnlyWhatIsRead } from './end-answer.ts'

export type AnswerWriter = {
  /** Takes the bytes over: their memory is released once they are sent. @returns false when the client must catch up before more is sent */
  readonly write: (bytes: Buffer, isLast: boolean) => boolean
  readonly end: () => void
}

/**
 * Writes the head and takes over the framing of the body.
 * @param headers flat name-value pairs without any transfer coding
 * @param hasLength whether they hold a content-length; without one, HTTP/1.1 gets chunks and HTTP/1.0 the end of the connection
 */
export function startAnswer(opened: Opened, status: number, reason: string, headers: string[], hasLength: boolean): AnswerWriter {
  const { outgoing, incoming } = opened
  const isChunked = !hasLength && incoming.httpVersion !== '1.0' && status !== 204 && status !== 304
  if (isChunked) headers.push('Transfer-Encoding', 'chunked')
  promiseOnlyWhatIsRead(opened)
  outgoing.writeHead(status, reason, headers)
  if (!isChunked) {
    return {
      write(bytes, isLast) {
        // As latin1 text a small body joins the head in one write; latin1 keeps every byte as it is.
        if (bytes.length >= releasableBytes) return outgoing.write(bytes, () => release(bytes))
        if (!isLast) return outgoing.write(bytes)
        endAnswer(opened, bytes.toString('latin1'))
        return true
      },
      end: () => endAnswer(opened, null),
    }
  }
  // The header above made node frame the body; from here we do it (RFC 9112 7.1).
  outgoing.chunkedEncoding = false
  return {
    write(bytes) {
      const framed = chunk(bytes)
      release(bytes)
      return framed.length < releasableBytes ? outgoing.write(framed) : outgoing.write(framed, () => release(framed))
    },
    end: () => endAnswer(opened, '0\r\n\r\n'),
  }
}

function chunk(bytes: Buffer): Buffer {
  const size = bytes.length.toString(16)
  const framed = Buffer.allocUnsafe(size.length + bytes.length + 4)
  const start = framed.write(`${size}\r\n`, 0, 'latin1')
  bytes.copy(framed, start)
  framed.write('\r\n', start + bytes.length, 'latin1')
  return framed
}
