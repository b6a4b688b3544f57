// How the SDK and the relay meet trouble together: typed errors, retries that the relay does not multiply, aborts and
// timeouts that reach the upstream, deadlines that leave a slow model alone.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import OpenAI from 'openai'
import { eventually, within } from '../harness/expect.ts'
import { chunked, valuesOf } from '../harness/http-bytes.ts'
import { answering, okScript, rawUpstream, type Script } from '../harness/raw-upstream.ts'
import { sdkOf } from '../harness/sdk.ts'
import { startWorld } from '../harness/world.ts'

const params = { model: 'm', messages: [{ role: 'user' as const, content: 'hi' }] }

const failing = (status: number, code: string | null, headers = ''): Script => {
  const body = JSON.stringify({ error: { message: `no ${status}`, type: 't', param: 'p', code } })
  return answering(
    `HTTP/1.1 ${status} X\r\nContent-Type: application/json\r\nx-request-id: req_upstream\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`,
  )
}

describe('typed errors', () => {
  const kinds = [
    [400, OpenAI.BadRequestError],
    [403, OpenAI.PermissionDeniedError],
    [404, OpenAI.NotFoundError],
    [409, OpenAI.ConflictError],
    [422, OpenAI.UnprocessableEntityError],
    [429, OpenAI.RateLimitError],
    [500, OpenAI.InternalServerError],
    [503, OpenAI.InternalServerError],
  ] as const
  for (const [status, kind] of kinds) {
    test(`an upstream ${status} is a ${kind.name} with the upstream's code, parameter and request id`, async () => {
      await using upstream = await rawUpstream(failing(status, 'some_code'))
      await using world = await startWorld({ upstream })
      await assert.rejects(sdkOf(world).chat.completions.create(params), (error) => {
        assert.ok(error instanceof kind)
        assert.deepEqual(
          [error.status, error.code, error.param, error.type, error.requestID],
          [status, 'some_code', 'p', 't', 'req_upstream'],
        )
        return true
      })
    })
  }

  test('an upstream 401 is not an AuthenticationError: the caller’s token is fine', async () => {
    await using upstream = await rawUpstream(failing(401, 'invalid_api_key'))
    await using world = await startWorld({ upstream })
    await assert.rejects(sdkOf(world).chat.completions.create(params), (error) => {
      assert.ok(error instanceof OpenAI.InternalServerError)
      assert.deepEqual([error.status, error.code], [502, 'upstream_credentials_refused'])
      return true
    })
  })

  test('a stream that the upstream breaks off is an error, not a short answer', async () => {
    await using upstream = await rawUpstream(async (exchange) => {
      if (!(await exchange.whole)) return
      await exchange.send('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n')
      await exchange.send(chunked(['data: {"choices":[{"delta":{"content":"half"}}]}\n\n'], false))
      await exchange.pause(100)
      exchange.reset()
    })
    await using world = await startWorld({ upstream })
    let text = ''
    await assert.rejects(async () => {
      for await (const chunk of await sdkOf(world).chat.completions.create({ ...params, stream: true }))
        text += chunk.choices[0]?.delta.content ?? ''
    })
    assert.equal(text, 'half')
  })
})

describe('retries', () => {
  for (const [name, script] of [
    ['500', failing(500, null)],
    ['429 with retry-after-ms', failing(429, 'rate_limit_exceeded', 'retry-after-ms: 20\r\n')],
    ['409', failing(409, null, 'retry-after-ms: 20\r\n')],
  ] as const) {
    test(`are the SDK's: ${name}, then 200, is two requests upstream and one answer`, async () => {
      let count = 0
      await using upstream = await rawUpstream((exchange) => (++count === 1 ? script(exchange) : okScript(exchange)))
      await using world = await startWorld({ upstream })
      await sdkOf(world, { maxRetries: 2 }).chat.completions.create(params)
      assert.equal(upstream.requests.length, 2)
      assert.deepEqual(
        upstream.requests.map((request) => valuesOf(request.headers, 'x-stainless-retry-count')[0]),
        ['0', '1'],
      )
    })
  }

  test('are not multiplied: an upstream that always fails sees as many requests as the SDK makes', async () => {
    await using upstream = await rawUpstream(failing(503, null, 'retry-after-ms: 10\r\n'))
    await using world = await startWorld({ upstream })
    await assert.rejects(sdkOf(world, { maxRetries: 2 }).chat.completions.create(params), OpenAI.InternalServerError)
    assert.equal(upstream.requests.length, 3)
  })

  test('an upstream that resets POSTs sees one for each try of the SDK', async () => {
    await using upstream = await rawUpstream(async (exchange) => {
      await exchange.whole
      exchange.reset()
    })
    await using world = await startWorld({ upstream })
    await assert.rejects(
      sdkOf(world, { maxRetries: 1 }).chat.completions.create(params),
      (error) => error instanceof OpenAI.InternalServerError && error.status === 502,
    )
    assert.equal(upstream.requests.length, 2)
  })

  test('x-should-retry: false of the upstream reaches the SDK and is obeyed', async () => {
    await using upstream = await rawUpstream(failing(503, null, 'x-should-retry: false\r\n'))
    await using world = await startWorld({ upstream })
    await assert.rejects(sdkOf(world, { maxRetries: 2 }).chat.completions.create(params), OpenAI.InternalServerError)
    assert.equal(upstream.requests.length, 1)
  })
})

describe('aborts and timeouts', () => {
  const silent: Script = async (exchange) => {
    await exchange.gone
  }

  test('an abort before the first byte takes the upstream request along', async () => {
    await using upstream = await rawUpstream(silent)
    await using world = await startWorld({ upstream })
    const abort = new AbortController()
    const asked = sdkOf(world).chat.completions.create(params, { signal: abort.signal })
    const request = await upstream.request(1)
    abort.abort()
    await assert.rejects(asked, OpenAI.APIUserAbortError)
    await within('the upstream request is gone', request.connection.gone)
  })

  test('leaving a stream takes the upstream request along', async () => {
    await using upstream = await rawUpstream(async (exchange) => {
      await exchange.send('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n')
      while (await exchange.pause(20)) await exchange.send(chunked(['data: {"choices":[{"delta":{"content":"x"}}]}\n\n'], false))
    })
    await using world = await startWorld({ upstream })
    let seen = 0
    for await (const chunk of await sdkOf(world).chat.completions.create({ ...params, stream: true })) {
      assert.equal(chunk.choices[0]?.delta.content, 'x')
      if (++seen === 3) break
    }
    await eventually('nothing runs upstream', () => upstream.openConnections() === 0)
  })

  test('a timeout of the SDK is its own error, and takes the upstream request along', async () => {
    await using upstream = await rawUpstream(silent)
    await using world = await startWorld({ upstream })
    await assert.rejects(sdkOf(world, { timeout: 300 }).chat.completions.create(params), OpenAI.APIConnectionTimeoutError)
    await eventually('nothing runs upstream', () => upstream.requests.length === 1 && upstream.openConnections() === 0)
  })

  test('the answer of a model that thinks longer than other calls may take comes through', async () => {
    await using upstream = await rawUpstream(async (exchange) => {
      await sleep(1200)
      await okScript(exchange)
    })
    await using world = await startWorld({ upstream, settings: { deadlineControlMs: 300 } })
    await sdkOf(world).chat.completions.create(params)
    assert.equal(upstream.requests.length, 1)
  })
})
