// Tests of the message reader: it must find the same messages however the bytes are cut.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMessageReader } from './framing.ts'

const stream = Buffer.from(
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello' +
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n1A\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n' +
    'HTTP/1.1 204 No Content\r\nServer: x\r\n\r\n' +
    'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n',
  'latin1',
)

function readAll(cut: number): string[] {
  const seen: string[] = []
  let body = ''
  const read = createMessageReader({
    onHead: (head) => seen.push(head.slice(9, 12)),
    onBody: (bytes, start, end) => (body += bytes.toString('latin1', start, end)),
    onEnd: () => {
      seen.push(body)
      body = ''
    },
  })
  // One buffer is used again for each piece, as a socket's read buffer is: the reader must not keep a view of it.
  const piece = Buffer.alloc(cut)
  for (let at = 0; at < stream.length; at += cut) read(piece, stream.copy(piece, 0, at, Math.min(stream.length, at + cut)))
  return seen
}

test('messages are found whole, counted and chunked alike, however the bytes are cut', () => {
  for (let cut = 1; cut <= stream.length; cut++) {
    assert.deepEqual(readAll(cut), ['200', 'hello', '200', 'firstabcdefghijklmnopqrstuvwxyz', '204', '', '200', ''], `pieces of ${cut}`)
  }
})
