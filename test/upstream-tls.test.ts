// The way to a real upstream is TLS: names are checked, the protocol is HTTP/1.1, and nothing goes to whom it does not trust.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { Secret } from '../src/kernel/secret.ts'
import { startWorld } from './harness/world.ts'

/** A key and a self-signed certificate for `localhost`, made for this test. */
const pem = readFileSync(join(import.meta.dirname, 'fixtures/localhost.pem'), 'utf8')

async function startHttps(): Promise<{ readonly port: number; readonly seen: string[] } & AsyncDisposable> {
  const seen: string[] = []
  const server = createServer({ key: pem, cert: pem }, (incoming, outgoing) => {
    seen.push(`${incoming.httpVersion} ${incoming.method} ${incoming.url} ${incoming.headers.host} ${incoming.headers.authorization}`)
    incoming.resume().on('end', () => {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' })
      outgoing.write('data: 1\n\n')
      outgoing.end('data: 2\n\n')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const settings = (url: string): { upstreamUrl: string; upstreamKey: Secret } => ({ upstreamUrl: url, upstreamKey: new Secret('sk-tls') })
const ask = (url: string, token: string): Promise<Response> =>
  fetch(`${url}/v1/responses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{"model":"m","stream":true}',
  })

test('an upstream with a trusted certificate of its name is spoken to, again over the same connection', async (context) => {
  const before = getCACertificates('default')
  setDefaultCACertificates([...before, pem.slice(pem.indexOf('-----BEGIN CERTIFICATE'))])
  context.after(() => setDefaultCACertificates(before))
  await using upstream = await startHttps()
  await using world = await startWorld({ upstream: 'emulator', settings: settings(`https://localhost:${upstream.port}/base/v1`) })
  for (let times = 0; times < 3; times++) {
    const answer = await ask(world.url, world.token)
    assert.equal(answer.status, 200)
    assert.equal(await answer.text(), 'data: 1\n\ndata: 2\n\n')
  }
  assert.deepEqual([...new Set(upstream.seen)], [`1.1 POST /base/v1/responses localhost:${upstream.port} Bearer sk-tls`])
  const metrics = await (await fetch(`${world.url}/metrics`)).text()
  assert.match(metrics, /^relay_upstream_connections 1$/m)

  await using elsewhere = await startWorld({ upstream: 'emulator', settings: settings(`https://127.0.0.1:${upstream.port}/v1`) })
  assert.equal((await ask(elsewhere.url, elsewhere.token)).status, 502, 'trusted, but not of this name')
  assert.equal(upstream.seen.length, 3)
})

test('an upstream whose certificate nobody vouches for sees no request and no key', async () => {
  await using upstream = await startHttps()
  await using world = await startWorld({ upstream: 'emulator', settings: settings(`https://localhost:${upstream.port}/v1`) })
  const answer = await ask(world.url, world.token)
  assert.equal(answer.status, 502)
  assert.equal(((await answer.json()) as { error: { code: string } }).error.code, 'upstream_unreachable')
  assert.deepEqual(upstream.seen, [])
})
