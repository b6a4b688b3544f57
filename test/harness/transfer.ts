// Big bodies through a relay in a process of its own, made and checked as they pass, held by nobody here.
import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { takeHead } from './http-bytes.ts'
import { rawClient, requestBytes } from './raw-client.ts'
import type { RawUpstream } from './raw-upstream.ts'
import { generatedBytes } from './sdk.ts'

export type Transfer = { readonly bytes: number; readonly sha256Sent: string; readonly sha256Arrived: string; readonly seconds: number }

const blockBytes = 1_048_576

/** Sends a body of so many bytes to `POST /v1/files`; what arrived is what the upstream saw. */
export async function uploadThrough(port: number, token: string, upstream: RawUpstream, bytes: number): Promise<Transfer> {
  upstream.clear()
  await using client = await rawClient(port)
  const startedAt = performance.now()
  await client.send(
    requestBytes({
      method: 'POST',
      path: '/v1/files',
      token,
      headers: [
        ['Content-Type', 'multipart/form-data; boundary=x'],
        ['Content-Length', String(bytes)],
      ],
    }),
  )
  const sent = createHash('sha256')
  for await (const block of generatedBytes(bytes, blockBytes)) {
    sent.update(block)
    await client.send(block)
  }
  const answer = await client.answer({ timeoutMs: 60_000 })
  if (answer.status !== 200) throw new Error(`the upload was answered with ${answer.status} ${answer.body.toString()}`)
  const seen = upstream.requests[0]
  return {
    bytes: seen?.bodyBytes ?? 0,
    sha256Sent: sent.digest('hex'),
    sha256Arrived: seen?.sha256 ?? '',
    seconds: (performance.now() - startedAt) / 1000,
  }
}

/** Fetches a body of so many bytes from `GET /v1/files/{id}/content`; what arrived is what the client saw. */
export async function downloadThrough(port: number, token: string, upstream: RawUpstream, bytes: number): Promise<Transfer> {
  const sent = createHash('sha256')
  upstream.script(async (exchange) => {
    await exchange.send(`HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: ${bytes}\r\n\r\n`)
    for await (const block of generatedBytes(bytes, blockBytes)) {
      sent.update(block)
      await exchange.send(block)
    }
  })
  const startedAt = performance.now()
  const got = createHash('sha256')
  const arrived = await new Promise<number>((resolve, reject) => {
    let head: Buffer | null = Buffer.alloc(0)
    let count = 0
    const socket = connect({ port, host: '127.0.0.1' }, () =>
      socket.write(requestBytes({ path: '/v1/files/file-1/content', token, headers: [['Connection', 'close']] })),
    )
    socket.on('error', reject)
    socket.on('end', () => resolve(count))
    socket.on('data', (read) => {
      let body: Buffer = read
      if (head !== null) {
        head = Buffer.concat([head, read])
        const taken = takeHead(head)
        if (taken === null) return
        head = null
        body = taken.rest
      }
      count += body.length
      got.update(body)
    })
  })
  return {
    bytes: arrived,
    sha256Sent: sent.digest('hex'),
    sha256Arrived: got.digest('hex'),
    seconds: (performance.now() - startedAt) / 1000,
  }
}
