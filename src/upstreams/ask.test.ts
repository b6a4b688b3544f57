import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret } from '../kernel/secret.ts'
import { answering, rawUpstream, type RawUpstream } from '../../test/harness/raw-upstream.ts'
import { createAccount, type UpstreamAccount } from './account.ts'
import { ask, askStream } from './ask.ts'
import { UpstreamFailure } from './wire/failure.ts'

type Asked = { readonly account: UpstreamAccount } & AsyncDisposable

function accountAt(upstream: RawUpstream): Asked {
  const account = createAccount({
    url: `${upstream.url}/api/v1`,
    key: new Secret('sk-of-the-account'),
    organization: 'org-1',
    project: null,
    maxConnections: 4,
    connectMs: 2_000,
    tick: () => performance.now(),
  })
  return {
    account,
    [Symbol.asyncDispose]: () => {
      account.pool.close()
      return Promise.resolve()
    },
  }
}

const question = { method: 'GET', path: '/files/file-1?a=b', silenceMs: 5_000, maxBytes: 1_000 } as const
const okHead = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 8\r\n\r\n'

test('a question goes out with the key of the account and comes back whole', async () => {
  await using upstream = await rawUpstream(answering(okHead, '{"a"', ':1}\n'))
  await using asked = accountAt(upstream)
  const { status, headers, body } = await ask(asked.account, { ...question, headers: ['OpenAI-Beta', 'agents=v1'] })
  assert.deepEqual([status, body.toString()], [200, '{"a":1}\n'])
  assert.ok(headers.includes('application/json'))
  const { headText } = await upstream.request(1)
  assert.match(headText, /^GET \/api\/v1\/files\/file-1\?a=b HTTP\/1\.1\r\n/)
  for (const line of [
    'Authorization: Bearer sk-of-the-account',
    'OpenAI-Organization: org-1',
    'Accept-Encoding: identity',
    'OpenAI-Beta: agents=v1',
  ])
    assert.ok(`${headText}\r\n`.includes(`\r\n${line}\r\n`), line)
})

test('an answer that is too long is given up, and its connection with it', async () => {
  await using upstream = await rawUpstream(async (exchange) => {
    await exchange.send('HTTP/1.1 200 OK\r\ncontent-length: 9999999\r\n\r\n')
    for (let sent = 0; sent < 100 && exchange.socket.writable; sent++) await exchange.send('x'.repeat(10_000))
  })
  await using asked = accountAt(upstream)
  await assert.rejects(ask(asked.account, question), (error: unknown) => error instanceof UpstreamFailure && error.kind === 'malformed')
  await upstream.connections[0]?.gone
})

test('a silent upstream, a broken answer and a refused connection are failures of the upstream', async () => {
  await using upstream = await rawUpstream(() => {})
  await using asked = accountAt(upstream)
  const kindOf = async (): Promise<string> => {
    try {
      await ask(asked.account, { ...question, silenceMs: 300 })
      return 'answered'
    } catch (error) {
      return error instanceof UpstreamFailure ? error.kind : String(error)
    }
  }
  assert.equal(await kindOf(), 'silent')
  upstream.script(async (exchange) => {
    await exchange.send('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf')
    exchange.reset()
  })
  assert.equal(await kindOf(), 'broken')
  await upstream[Symbol.asyncDispose]()
  assert.equal(await kindOf(), 'unreachable')
})

test('who stops waiting gets the reason, and the upstream sees the connection go', async () => {
  await using upstream = await rawUpstream(async (exchange) => exchange.send('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'))
  await using asked = accountAt(upstream)
  const left = new AbortController()
  const asking = ask(asked.account, { ...question, signal: left.signal })
  await upstream.request(1)
  left.abort(new Error('nobody waits'))
  await assert.rejects(asking, /nobody waits/)
  await upstream.connections[0]?.gone
  await assert.rejects(ask(asked.account, { ...question, signal: left.signal }), /nobody waits/)
})

test('a pooled connection that died is replaced by a fresh one', async () => {
  let isFirst = true
  await using upstream = await rawUpstream(async (exchange) => {
    if (exchange.request.connection.id === 1 && !isFirst) return exchange.reset()
    isFirst = false
    await exchange.send(`${okHead}{"a":1}\n`)
  })
  await using asked = accountAt(upstream)
  for (let time = 0; time < 2; time++) assert.equal((await ask(asked.account, question)).status, 200)
  assert.equal(upstream.connections.length, 2)
})

test('a stream holds the upstream back while nobody reads, and loses nothing', async () => {
  const megabytes = 8
  await using upstream = await rawUpstream(async (exchange) => {
    await exchange.send(`HTTP/1.1 200 OK\r\ncontent-length: ${megabytes * 1_048_576}\r\n\r\n`)
    for (let sent = 0; sent < megabytes; sent++) await exchange.send(Buffer.alloc(1_048_576, sent))
  })
  await using asked = accountAt(upstream)
  const { body } = await askStream(asked.account, question)
  const counts = Array.from({ length: megabytes }, () => 0)
  let largest = 0
  for await (const piece of body) {
    largest = Math.max(largest, piece.length)
    for (const byte of piece) counts[byte] = (counts[byte] ?? 0) + 1
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.deepEqual(
    counts,
    Array.from({ length: megabytes }, () => 1_048_576),
  )
  assert.ok(largest <= 1_048_576)
  // The connection is whole and serves the next question.
  upstream.script(answering(`${okHead}{"a":1}\n`))
  await ask(asked.account, question)
  assert.equal(upstream.connections.length, 1)
})
