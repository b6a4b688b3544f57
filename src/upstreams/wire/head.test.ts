// The strict reader of answer heads: what it takes, what it refuses, and that a second, unrelated parser reads the same.
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { Duplex } from 'node:stream'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createBodyReader } from './body.ts'
import { UpstreamFailure } from './failure.ts'
import { headEnd, parseHead } from './head.ts'

const head = (...lines: string[]): string => `${lines.join('\r\n')}\r\n`
const refuses = (text: string): void =>
  assert.throws(
    () => parseHead(text),
    (error) => error instanceof UpstreamFailure && error.kind === 'malformed',
    JSON.stringify(text),
  )

describe('parseHead', () => {
  it('keeps status, reason, and headers with their case, order and repeats', () => {
    const parsed = parseHead(head('HTTP/1.1 207 Multi  Status', 'X-B: 1', 'x-a:2  ', 'X-B:\t3', 'Content-Length: 10'))
    assert.equal(parsed.status, 207)
    assert.equal(parsed.reason, 'Multi  Status')
    assert.deepEqual(parsed.headers, ['X-B', '1', 'x-a', '2', 'X-B', '3', 'Content-Length', '10'])
    assert.deepEqual(parsed.framing, { kind: 'length', bytes: 10 })
    assert.equal(parsed.isReusable, true)
  })

  it('takes every status from 100 to 599 and no other', () => {
    for (let status = 100; status < 600; status++) assert.equal(parseHead(head(`HTTP/1.1 ${status} X`)).status, status)
    for (const status of ['000', '099', '600', '999', '1000', '99', '-1', 'abc', '20', '2000', '+200', '200.0', ''])
      refuses(head(`HTTP/1.1 ${status} X`))
  })

  it('takes a status line without a reason, and obs-text in one, but no control bytes', () => {
    assert.equal(parseHead(head('HTTP/1.1 200')).reason, '')
    assert.equal(parseHead(head('HTTP/1.1 200 ')).reason, '')
    assert.equal(parseHead(head('HTTP/1.1 200 caf\u00e9')).reason, 'caf\u00e9')
    for (const byte of ['\x00', '\x01', '\x0b', '\x1b', '\x7f', '\n', '\r']) refuses(head(`HTTP/1.1 200 O${byte}K`))
  })

  it('refuses status lines of other protocols and shapes', () => {
    for (const line of [
      'HTTP/2.0 200 OK',
      'HTTP/1.2 200 OK',
      'HTTP/0.9 200 OK',
      'HTTP/11 200 OK',
      'http/1.1 200 OK',
      'HTTP/1.1  200 OK',
      'HTTP/1.1\t200 OK',
      ' HTTP/1.1 200 OK',
      'ICY 200 OK',
      '',
    ])
      refuses(head(line))
  })

  it('refuses header lines that two readers could read in two ways', () => {
    for (const line of [
      'X-A',
      ': empty',
      'X A: 1',
      'X-A : 1',
      ' X-A: 1',
      '\tfolded',
      'X-A: a\x00b',
      'X-A: a\rb',
      'X-A: a\nb',
      'X-\u00e9: 1',
      'X-A: \x7f',
      'X(A): 1',
    ])
      refuses(head('HTTP/1.1 200 OK', 'X-First: 1', line))
  })

  it('refuses an answer that frames itself in two ways, or in none that is known', () => {
    const framings: string[][] = [
      ['Content-Length: 1', 'Transfer-Encoding: chunked'],
      ['Content-Length: 1', 'Content-Length: 2'],
      ['Content-Length: 1', 'content-length: 1'],
      ['Content-Length: 1, 1'],
      ['Content-Length: +1'],
      ['Content-Length: -1'],
      ['Content-Length: 0x1'],
      ['Content-Length:'],
      ['Content-Length: 1 1'],
      ['Content-Length: 9999999999999999'],
      ['Transfer-Encoding: gzip, chunked'],
      ['Transfer-Encoding: chunked, identity'],
      ['Transfer-Encoding: xchunked'],
      ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
      ['Transfer-Encoding: identity'],
    ]
    for (const lines of framings) refuses(head('HTTP/1.1 200 OK', ...lines))
    refuses(head('HTTP/1.0 200 OK', 'Transfer-Encoding: chunked'))
  })

  it('frames by status, coding, length, or the end of the connection', () => {
    for (const status of [204, 304])
      assert.deepEqual(parseHead(head(`HTTP/1.1 ${status} X`, 'Content-Length: 5')).framing, { kind: 'none' })
    assert.deepEqual(parseHead(head('HTTP/1.1 200 OK', 'Transfer-Encoding: Chunked')).framing, { kind: 'chunked' })
    assert.deepEqual(parseHead(head('HTTP/1.1 200 OK', 'Content-Length: 0')).framing, { kind: 'none' })
    assert.deepEqual(parseHead(head('HTTP/1.1 200 OK')).framing, { kind: 'close' })
  })

  it('trusts a connection again only when nothing speaks against it', () => {
    const isReusable = (...lines: string[]): boolean => parseHead(head(...lines)).isReusable
    assert.equal(isReusable('HTTP/1.1 200 OK', 'Content-Length: 1'), true)
    assert.equal(isReusable('HTTP/1.1 304 X', 'Content-Length: 9'), true)
    assert.equal(isReusable('HTTP/1.1 204 X', 'Content-Length: 9'), false)
    assert.equal(isReusable('HTTP/1.1 200 OK', 'Content-Length: 1', 'Connection: Close'), false)
    assert.equal(isReusable('HTTP/1.1 200 OK', 'Content-Length: 1', 'Connection: x', 'connection: y, close'), false)
    assert.equal(isReusable('HTTP/1.0 200 OK', 'Content-Length: 1', 'Connection: keep-alive'), false)
    assert.equal(isReusable('HTTP/1.1 200 OK'), false)
  })
})

describe('headEnd', () => {
  it('finds the end wherever the bytes are split, and refuses bare line feeds and endless heads', () => {
    const bytes = Buffer.from('HTTP/1.1 200 OK\r\nA: 1\r\n\r\nbody')
    for (let at = 0; at <= bytes.length; at++)
      assert.equal(headEnd(bytes.subarray(0, at), 100), at < bytes.length - 4 ? -1 : bytes.length - 4)
    assert.throws(() => headEnd(Buffer.from('HTTP/1.1 200 OK\nA: 1\n\n'), 100), UpstreamFailure)
    assert.throws(() => headEnd(Buffer.alloc(101, 'a'), 100), UpstreamFailure)
  })
})

/** What node's own parser makes of an answer that is followed by the end of the connection, or null when it refuses it. */
function readByNode(bytes: Buffer): Promise<{ status: number; headers: string[]; body: Buffer } | null> {
  return new Promise((resolve) => {
    const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => (done(), socket.push(bytes), void socket.push(null)) })
    const outgoing = request({ createConnection: () => socket, method: 'GET', path: '/', host: 'x' }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.rawHeaders, body: Buffer.concat(chunks) }))
      incoming.on('error', () => resolve(null))
    })
    outgoing.on('error', () => resolve(null)).on('upgrade', () => resolve(null))
    outgoing.end()
  })
}

function readByUs(bytes: Buffer): { status: number; headers: string[]; body: Buffer } | null {
  try {
    const end = headEnd(bytes, 65_536)
    if (end < 0) return null
    const parsed = parseHead(bytes.toString('latin1', 0, end - 2))
    const reader = createBodyReader(parsed.framing)
    const rest = Buffer.from(bytes.subarray(end))
    const { used, payload } = reader.read(rest)
    // Bytes after the end are another matter (the connection is dropped); a second parser may complain of them first.
    if (used < rest.length) return null
    return reader.isDone() || reader.endsByClose
      ? { status: parsed.status, headers: [...parsed.headers], body: rest.subarray(0, payload) }
      : null
  } catch (error) {
    assert.ok(error instanceof UpstreamFailure)
    return null
  }
}

describe('against a second parser', () => {
  it('whatever we take, node reads alike: status, headers and body', async () => {
    const token = fc.constantFrom(
      'X-A',
      'x-b',
      'Content-Length',
      'Transfer-Encoding',
      'Connection',
      'Keep-Alive',
      'content-length ',
      'Set-Cookie',
    )
    const value = fc.constantFrom(
      '1',
      '4',
      '5',
      'chunked',
      'gzip',
      'close',
      'keep-alive',
      ' 5',
      '5 ',
      '0',
      'timeout=5',
      'a b',
      '',
      '\x01',
      'x\r\n y',
    )
    const body = fc.constantFrom(
      '',
      'abcd',
      'abcde',
      '4\r\nabcd\r\n0\r\n\r\n',
      '4;e=1\r\nabcd\r\n0\r\nT: 1\r\n\r\n',
      '5\r\nabcd\r\n0\r\n\r\n',
      '4\nabcd\n0\n\n',
      '0\r\n\r\n',
      '-1\r\n\r\n',
      '4 \r\nabcd\r\n0\r\n\r\n',
    )
    const status = fc.constantFrom(
      'HTTP/1.1 200 OK',
      'HTTP/1.1 200',
      'HTTP/1.0 200 OK',
      'HTTP/1.1 204 X',
      'HTTP/1.1 304 X',
      'HTTP/1.1 599 Y',
      'HTTP/1.1 200  z',
    )
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(status, fc.array(fc.tuple(token, value), { maxLength: 4 }), body, async (line, fields, rest) => {
        const bytes = Buffer.from(`${line}\r\n${fields.map(([name, text]) => `${name}: ${text}\r\n`).join('')}\r\n${rest}`, 'latin1')
        const ours = readByUs(bytes)
        if (ours === null) return
        accepted++
        assert.deepEqual(ours, await readByNode(bytes), JSON.stringify(bytes.toString('latin1')))
      }),
      { numRuns: 1500 },
    )
    assert.ok(accepted > 100, `only ${accepted} answers were compared`)
  })
})
