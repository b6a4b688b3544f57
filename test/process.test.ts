// The relay as a process: what it says, what it never says, and how it ends. Secrets are planted as canaries and looked for
// in everything that came out.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually, openAiError, within } from './harness/expect.ts'
import { chunked, type HeaderPair } from './harness/http-bytes.ts'
import { ask, NoAnswer, rawClient, requestBytes } from './harness/raw-client.ts'
import { answering, okScript, rawUpstream, type RawUpstream, type Script } from './harness/raw-upstream.ts'
import { startRelayProcess, type RelayProcess } from './harness/relay-process.ts'

const key = 'sk-canary-KEY-8f3a'
const token = 'rk-canary-TOKEN-51c7'
const json: HeaderPair = ['Content-Type', 'application/json']
const chat = { method: 'POST', path: '/v1/chat/completions', token, headers: [json], body: '{"model":"m","stream":true}' } as const

const startBefore = (upstream: RawUpstream, env: Readonly<Record<string, string>> = {}): Promise<RelayProcess> =>
  startRelayProcess({ env: { OPENAI_API_KEY: key, OPENAI_BASE_URL: `${upstream.url}/v1`, RELAY_TOKEN: token, ...env } })
const portOf = async (relay: RelayProcess): Promise<number> => Number(new URL(await relay.url).port)

/** A stream that goes on until the test lets it end. */
function heldStream(): { readonly script: Script; readonly finish: () => void } {
  const gate = Promise.withResolvers<void>()
  return {
    finish: gate.resolve,
    script: async (exchange) => {
      await exchange.send('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n')
      await exchange.send(chunked(['data: 1\n\n'], false))
      await Promise.race([gate.promise, exchange.gone])
      await exchange.send(chunked(['data: [DONE]\n\n']))
    },
  }
}

describe('the end of a process', () => {
  test('SIGTERM: open streams finish, idle connections close, nobody new is let in, and the exit code is 0', async () => {
    const stream = heldStream()
    await using upstream = await rawUpstream(stream.script)
    await using relay = await startBefore(upstream)
    const port = await portOf(relay)
    await using idle = await rawClient(port)
    await idle.send(requestBytes({ path: '/ready' }))
    assert.equal((await idle.answer()).status, 200)
    const clients = await Promise.all([1, 2, 3].map(() => rawClient(port)))
    for (const client of clients) {
      await client.send(requestBytes(chat))
      await client.text('data: 1\n\n')
    }
    const [waiting] = clients
    assert.ok(waiting)
    relay.child.kill('SIGTERM')
    await relay.printed('draining')
    await within('the connection is closed', idle.closed)
    // node closes idle connections before its listener: who connects between the two is reset unheard.
    await eventually('nobody new is let in', () =>
      rawClient(port).then(
        (client) => {
          client.reset()
          return false
        },
        () => true,
      ),
    )
    await sleep(300)
    assert.ok(clients.every((client) => client.isOpen()))
    stream.finish()
    for (const client of clients) {
      const answer = await client.answer()
      assert.deepEqual([answer.body.toString(), answer.end], ['data: 1\n\ndata: [DONE]\n\n', 'whole'])
    }
    assert.deepEqual(await relay.exited, { code: 0, signal: null })
  })

  test('SIGTERM: an upload under way is finished and answered', async () => {
    await using upstream = await rawUpstream()
    await using relay = await startBefore(upstream)
    await using client = await rawClient(await portOf(relay))
    await client.send(
      requestBytes({
        method: 'POST',
        path: '/v1/files',
        token,
        headers: [
          ['Content-Type', 'multipart/form-data; boundary=x'],
          ['Content-Length', '10'],
        ],
      }),
    )
    await client.send('hello')
    await upstream.request(1)
    relay.child.kill('SIGTERM')
    await relay.printed('draining')
    await sleep(200)
    await client.send('world')
    assert.equal((await client.answer()).status, 200)
    assert.equal(upstream.requests[0]?.body.toString(), 'helloworld')
    assert.equal((await relay.exited).code, 0)
  })

  test('SIGTERM: what does not finish in time is cut, never ended cleanly, and the process ends', async () => {
    const stream = heldStream()
    await using upstream = await rawUpstream(stream.script)
    await using relay = await startBefore(upstream, { RELAY_DRAIN_MS: '400' })
    await using client = await rawClient(await portOf(relay))
    await client.send(requestBytes(chat))
    await client.text('data: 1\n\n')
    relay.child.kill('SIGTERM')
    assert.equal((await client.answer()).end, 'cut')
    await relay.exited
    await eventually('nothing runs upstream', () => upstream.openConnections() === 0)
  })

  test('a second SIGTERM ends at once, streams or not', async () => {
    const stream = heldStream()
    await using upstream = await rawUpstream(stream.script)
    await using relay = await startBefore(upstream)
    await using client = await rawClient(await portOf(relay))
    await client.send(requestBytes(chat))
    await client.text('data: 1\n\n')
    relay.child.kill('SIGTERM')
    await relay.printed('draining')
    relay.child.kill('SIGTERM')
    const exit = await Promise.race([relay.exited, sleep(10_000, undefined, { ref: false })])
    assert.ok(exit, 'it still runs')
    assert.equal(
      (await client.answer().catch((error: unknown) => (error instanceof NoAnswer ? { end: 'cut' } : Promise.reject(error as Error)))).end,
      'cut',
    )
  })

  test('no exchange that was accepted is lost when the process is asked to end under load', async () => {
    await using upstream = await rawUpstream(async (exchange) => {
      if ((await exchange.whole) && (await exchange.pause(20))) await okScript(exchange)
    })
    await using relay = await startBefore(upstream)
    const port = await portOf(relay)
    let answered = 0
    let lost = 0
    const caller = async (): Promise<void> => {
      for (;;) {
        const client = await rawClient(port).catch(() => null)
        if (client === null) return
        await client.send(requestBytes({ ...chat, headers: [json, ['Connection', 'close']] }))
        const answer = await client.answer().catch(() => null)
        if (answer?.body.toString() === '{"ok":true}') answered++
        // A connection that the kernel accepted and nobody read is the one thing a client may retry without thinking.
        else if (answer !== null || client.received().length > 0) lost++
        client.reset()
      }
    }
    const callers = Promise.all(Array.from({ length: 10 }, caller))
    await sleep(500)
    relay.child.kill('SIGTERM')
    await callers
    assert.equal((await relay.exited).code, 0)
    assert.ok(answered > 20, `${answered} answered`)
    assert.equal(lost, 0)
    assert.equal(upstream.requests.length, answered, 'every request the upstream saw was answered')
  })
})

describe('what a process says', () => {
  test('one log line an exchange, of valid JSON, whatever a client puts in its request', async () => {
    await using upstream = await rawUpstream(
      answering('HTTP/1.1 200 OK\r\nx-request-id: req_"\u001b[31m\\\r\nContent-Length: 2\r\n\r\nok'.replace('\u001b', '')),
    )
    await using relay = await startBefore(upstream)
    const port = await portOf(relay)
    const models = ['plain', 'quote"back\\slash', 'line\nfeed\r\u2028\u2029', '\u001b[31mred', '{"event":"forged"}', 'x'.repeat(5000)]
    for (const model of models) await ask(port, { ...chat, body: JSON.stringify({ model }) })
    await ask(port, { path: '/v1/models/evil%2Fname', token })
    await ask(port, { path: '/v1/nowhere', token })
    relay.child.kill('SIGTERM')
    await relay.exited
    const lines = relay.stdout().trimEnd().split('\n')
    assert.equal(lines.length, models.length + 2)
    for (const line of lines) {
      const entry = JSON.parse(line) as Record<string, unknown>
      assert.equal(entry['event'], 'exchange')
      assert.match(String(entry['request_id']), /^req_[0-9a-f]{32}$/)
      assert.ok(line.length < 2000, 'no caller makes a line long')
      assert.ok(!/[\0-\x1f\x7f]/.test(line), 'no control byte reaches a terminal')
    }
    assert.deepEqual(
      [lines[0], lines.at(-1)].map((line) => (JSON.parse(line ?? '') as { outcome: string; status: number }).status),
      [200, 404],
    )
  })

  test('secrets never come out: not in logs, metrics, health, errors, nor in the data directory', async () => {
    const canaries = {
      key,
      token,
      wrong: 'rk-canary-WRONG-77aa',
      prompt: 'canary-PROMPT-9d21',
      output: 'canary-OUTPUT-04be',
      cookie: 'canary-COOKIE-e1f0',
      file: 'canary-FILE-c3d4',
      query: 'canary-QUERY-88b9',
    }
    let isRefusing = false
    await using upstream = await rawUpstream(async (exchange) => {
      if (!(await exchange.whole)) return
      const body = isRefusing ? `{"error":{"message":"Incorrect API key provided: ${key}"}}` : `{"output":"${canaries.output}"}`
      await exchange.send(
        `HTTP/1.1 ${isRefusing ? '401 Unauthorized' : '200 OK'}\r\nSet-Cookie: s=${canaries.cookie}\r\nX-Request-Id: req_up\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      )
      if (exchange.request.target.endsWith('broken')) exchange.reset()
    })
    await using relay = await startBefore(upstream)
    const port = await portOf(relay)
    const answers: string[] = []
    const asking = async (parts: Parameters<typeof ask>[1], isAnswerOfOurs = true): Promise<void> => {
      await using client = await rawClient(port)
      await client.send(requestBytes(parts))
      await client.answer().catch(() => null)
      if (isAnswerOfOurs) answers.push(client.received().toString('latin1'))
    }
    const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: canaries.prompt }] })
    await asking({ ...chat, body, headers: [json, ['Cookie', canaries.cookie]] }, false)
    await asking({ ...chat, body: `${body}}` })
    await asking({ ...chat, token: canaries.wrong, body })
    await asking({ path: `/v1/models?key=${canaries.query}`, token: canaries.wrong })
    await asking({ path: '/v1/models', headers: [['Authorization', `Basic ${canaries.wrong}`]] })
    await asking({
      path: '/v1/models',
      headers: [
        ['X-Relay-Key', canaries.wrong],
        ['api-key', token],
      ],
    })
    await asking({ path: `/v1/nowhere?token=${token}`, token })
    await asking(
      {
        method: 'POST',
        path: '/v1/files',
        token,
        headers: [['Content-Type', 'multipart/form-data; boundary=x']],
        body: `--x\r\nContent-Disposition: form-data; name="file"; filename="${canaries.file}"\r\n\r\n${canaries.file}\r\n--x--\r\n`,
      },
      false,
    )
    await asking({ path: `/v1/models/m?after=${canaries.query}`, token }, false)
    await asking({ path: `/v1/models/broken?after=${canaries.query}`, token }, false)
    await asking({ path: '/v1/models', token, host: `${canaries.query}/x` })
    isRefusing = true
    await asking({ ...chat, body })
    await asking({ path: '/v1/models', token })
    for (const path of ['/health', '/ready', '/metrics']) await asking({ path })
    relay.child.kill('SIGTERM')
    await relay.exited

    const said = { stdout: relay.stdout(), stderr: relay.stderr(), answers: answers.join('\n'), ...filesBelow(relay.dataDir) }
    for (const [place, text] of Object.entries(said)) {
      for (const [what, canary] of Object.entries(canaries)) {
        assert.ok(!text.includes(canary), `the ${what} is in ${place}: ${around(text, canary)}`)
        assert.ok(!text.includes(canary.slice(-9)), `the end of the ${what} is in ${place}: ${around(text, canary.slice(-9))}`)
      }
    }
    assert.match(said.stdout, /upstream-credentials-refused/)
  })

  test('a refused upstream key is told to the operator once, however often it is met', async () => {
    await using upstream = await rawUpstream(answering('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n'))
    await using relay = await startBefore(upstream)
    const port = await portOf(relay)
    for (let round = 0; round < 20; round++) openAiError(await ask(port, { path: '/v1/models', token }), 502)
    assert.equal((await ask(port, { path: '/ready' })).status, 503)
    assert.equal((await ask(port, { path: '/health' })).status, 200, 'alive all the same')
    relay.child.kill('SIGTERM')
    await relay.exited
    assert.equal(relay.stdout().split('upstream-credentials-refused').length - 1, 1)
  })

  test('/metrics is Prometheus text whose labels no caller can grow', async () => {
    await using upstream = await rawUpstream()
    await using relay = await startBefore(upstream)
    const port = await portOf(relay)
    const metrics = async (): Promise<string> => (await ask(port, { path: '/metrics' })).body.toString()
    await ask(port, chat)
    await ask(port, { path: '/v1/nowhere-0', token })
    const linesBefore = (await metrics()).split('\n').length
    for (let round = 0; round < 50; round++) {
      await ask(port, { path: `/v1/nowhere-${round}`, token })
      await ask(port, { ...chat, body: JSON.stringify({ model: `m-${round}` }) })
      await ask(port, { method: `M${round}`, path: '/v1/models', token }).catch(() => null)
    }
    const text = await metrics()
    assert.ok(text.split('\n').length < linesBefore + 30, 'fifty paths, models and methods made no fifty series')
    for (const line of text.split('\n').filter((each) => each !== ''))
      assert.match(line, /^(?:# (?:HELP|TYPE) \w+ .*|\w+(?:\{\w+="[^"]*"(?:,\w+="[^"]*")*\})? (?:[0-9.e+-]+|\+Inf|NaN))$/)
    assert.match(text, /relay_exchanges_total\{endpoint="chat.completions.create",status="200",outcome="completed"\} 51/)
  })
})

describe('the start of a process', () => {
  test('wrong settings are told with their name, their source and the fix, without a stack and without secrets', async () => {
    await using relay = await startRelayProcess({
      args: ['start'],
      env: { RELAY_PORT: '80a', OPENAI_API_KEY: `${key} `, RELAY_TOKEN: ` ${token}` },
    })
    assert.notEqual((await relay.exited).code, 0)
    const said = relay.stderr()
    assert.match(said, /RELAY_PORT.*80a/)
    assert.match(said, /OPENAI_API_KEY/)
    assert.match(said, /RELAY_TOKEN/)
    for (const secret of [key, token]) assert.ok(!said.includes(secret))
    assert.ok(!/^\s+at /m.test(said), said)
  })

  test('the first answer comes soon after the start', async (context) => {
    await using upstream = await rawUpstream()
    const startedAt = performance.now()
    await using relay = await startBefore(upstream)
    assert.equal((await ask(await portOf(relay), { path: '/v1/models', token })).status, 200)
    const tookMs = performance.now() - startedAt
    context.diagnostic(`${Math.round(tookMs)} ms from the start of the process to its first answer`)
    assert.ok(tookMs < 15_000)
  })
})

/** Every file below a folder, as latin1 text, by its name. */
function filesBelow(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Object.fromEntries(files.map((entry) => [`file ${entry.name}`, readFileSync(join(entry.parentPath, entry.name), 'latin1')]))
}

function around(text: string, word: string): string {
  const at = text.indexOf(word)
  return text.slice(Math.max(0, at - 120), at + word.length + 40)
}
