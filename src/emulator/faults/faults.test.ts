import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import OpenAI from 'openai'
import { startTestEmulator } from '../../../test/harness/emulator.ts'
import type { TestEmulator } from '../../../test/harness/emulator.ts'
import { valuesOf } from '../../../test/harness/http-bytes.ts'
import { NoAnswer, rawClient, requestBytes } from '../../../test/harness/raw-client.ts'
import type { Answer, RawClient } from '../../../test/harness/raw-client.ts'
import { createChance } from './chance.ts'
import { parseFault } from './fault.ts'

type Asked = { readonly fault: string; readonly isStream?: boolean; readonly text?: string }

/** The bytes of a chat request that asks for a fault. */
function chatBytes({ fault, isStream = false, text = 'Reply with exactly: one two three' }: Asked): Buffer {
  return requestBytes({
    method: 'POST',
    path: '/v1/chat/completions',
    token: 'sk-test',
    headers: [
      ['Content-Type', 'application/json'],
      ['X-Emulator-Fault', fault],
    ],
    body: JSON.stringify({ model: 'gpt-4o', stream: isStream, messages: [{ role: 'user', content: text }] }),
  })
}

async function ask({ running }: TestEmulator, asked: Asked): Promise<{ answer: Answer; client: RawClient }> {
  await using client = await rawClient(running.port)
  await client.send(chatBytes(asked))
  return { answer: await client.answer({ method: 'POST' }), client }
}

const lengthOf = (answer: Answer): number => Number(valuesOf(answer.headers, 'content-length')[0])

test('a status is answered instead of doing what was asked, with Retry-After and in the shape of OpenAI', async () => {
  await using emulator = await startTestEmulator()
  const limited = await emulator.send('POST', '/v1/conversations', {}, { 'x-emulator-fault': 'status=429; retry-after=2' })
  assert.deepEqual([limited.status, limited.headers.get('retry-after')], [429, '2'])
  assert.match(limited.headers.get('x-request-id') ?? '', /^req_/)
  assert.deepEqual(((await limited.json()) as { error: object }).error, {
    message: 'Rate limit reached for requests. Please try again later.',
    type: 'requests',
    param: null,
    code: 'rate_limit_exceeded',
  })
  const { answer: overloaded } = await ask(emulator, { fault: 'overloaded;retry-after=Wed, 21 Oct 2026 07:28:00 GMT' })
  assert.equal(overloaded.status, 503)
  assert.deepEqual(valuesOf(overloaded.headers, 'retry-after'), ['Wed, 21 Oct 2026 07:28:00 GMT'])
  assert.equal((JSON.parse(overloaded.body.toString()) as { error: { code: string } }).error.code, 'server_is_overloaded')
  for (const [status, type] of [
    [400, 'invalid_request_error'],
    [418, 'invalid_request_error'],
    [500, 'server_error'],
    [599, 'server_error'],
  ] as const) {
    const { answer } = await ask(emulator, { fault: `status=${status}` })
    assert.equal(answer.status, status)
    assert.equal((JSON.parse(answer.body.toString()) as { error: { type: string } }).error.type, type)
  }
  for (const status of [200, 204, 304]) {
    const { answer } = await ask(emulator, { fault: `status=${status}` })
    assert.deepEqual([answer.status, answer.body.length, answer.end], [status, 0, 'whole'])
  }
  const { data } = (await (await emulator.send('GET', '/_emulator/journal?status=429')).json()) as {
    data: { fault: string; endpoint: string }[]
  }
  assert.deepEqual(
    data.map(({ fault, endpoint }) => [fault, endpoint]),
    [['status=429; retry-after=2', 'conversations.create']],
  )
})

test('the SDK meets a fault as it meets a real one: it waits and tries again', async () => {
  await using emulator = await startTestEmulator({ faults: ['status=429; retry-after=0: 1'] })
  const client = new OpenAI({ baseURL: `${emulator.url}/v1`, apiKey: 'sk-test', maxRetries: 1 })
  await assert.rejects(client.models.list(), OpenAI.RateLimitError)
  assert.equal(emulator.running.journal.read({ limit: 10 }).length, 2)
})

test('silence comes before the head or behind a byte of the body, and ends', async () => {
  await using emulator = await startTestEmulator()
  const { clock } = emulator.running
  // The first request of all is slow by itself.
  await ask(emulator, { fault: 'drip=1000000' })
  for (const fault of ['silence=3600000', 'silence=3600000@10']) {
    await using client = await rawClient(emulator.running.port)
    await client.send(chatBytes({ fault }))
    if (fault.endsWith('@10')) await client.text('\r\n\r\n{"id":"cha')
    await sleep(200)
    const before = client.received().toString()
    assert.equal(before.slice(before.indexOf('\r\n\r\n') + 4), fault.endsWith('@10') ? '{"id":"cha' : '')
    // An hour is over only once somebody moves the clock, and the request may have come after the first time.
    const answer = client.answer({ method: 'POST' })
    const isHere = answer.then(() => true)
    while (!(await Promise.race([isHere, sleep(20, false)]))) clock.advance(3_600_000)
    const { end, body } = await answer
    assert.equal(end, 'whole')
    assert.doesNotThrow(() => void JSON.parse(body.toString()))
  }
})

test('a dripping body comes in small pieces, and whole', async () => {
  await using emulator = await startTestEmulator()
  const { answer, client } = await ask(emulator, { fault: 'drip=4000' })
  assert.equal(answer.end, 'whole')
  assert.equal(lengthOf(answer), answer.body.length)
  assert.doesNotThrow(() => void JSON.parse(answer.body.toString()))
  assert.ok(client.reads.length > 2, `${client.reads.length} reads`)
  assert.ok(answer.endAt - answer.headAt > 50)
})

test('a malformed answer has its length and cannot be read', async () => {
  await using emulator = await startTestEmulator()
  const { answer } = await ask(emulator, { fault: 'malformed' })
  assert.deepEqual([answer.status, answer.end, lengthOf(answer)], [200, 'whole', answer.body.length])
  assert.throws(() => void JSON.parse(answer.body.toString()))
  assert.doesNotThrow(() => void JSON.parse(`${answer.body.toString().trimEnd()}}`))
  const { answer: page } = await ask(emulator, { fault: 'malformed=html' })
  assert.deepEqual([page.end, valuesOf(page.headers, 'content-type')], ['whole', ['application/json']])
  assert.match(page.body.toString(), /^<html>/)
  for (const fault of ['malformed', 'malformed=html']) {
    const { answer: stream } = await ask(emulator, { fault, isStream: true })
    const events = stream.body.toString().trimEnd().split('\n\n')
    assert.equal(stream.end, 'whole')
    assert.equal(events.at(-1), 'data: [DONE]')
    const isReadable = (event: string | undefined): boolean => {
      try {
        JSON.parse(event?.replace(/^data: /, '') ?? '')
        return true
      } catch {
        return false
      }
    }
    assert.deepEqual(events.slice(0, 4).map(isReadable), [true, false, true, true])
    // Quiet: the SDK writes to the console what it could not read.
    const client = new OpenAI({ baseURL: `${emulator.url}/v1`, apiKey: 'sk-test', logLevel: 'off' })
    await assert.rejects(async () => {
      const chunks = await client.chat.completions.create(
        { model: 'gpt-4o', stream: true, messages: [{ role: 'user', content: 'count to 9' }] },
        { headers: { 'x-emulator-fault': fault } },
      )
      for await (const chunk of chunks) assert.ok(chunk)
    }, SyntaxError)
  }
})

test('a wrong length is too long or too short for what comes, of streams too, and ends the connection', async () => {
  await using emulator = await startTestEmulator()
  for (const isStream of [false, true]) {
    const long = await ask(emulator, { fault: 'length=+7', isStream })
    assert.deepEqual([long.answer.end, lengthOf(long.answer) - long.answer.body.length], ['cut', 7])
    assert.equal(await long.client.closed, 'end')
    await using client = await rawClient(emulator.running.port)
    await client.send(chatBytes({ fault: 'length=-7', isStream }))
    const short = await client.answer({ method: 'POST' })
    assert.equal(short.end, 'whole')
    await client.closed
    const whole = client.received().toString()
    assert.equal(whole.length - whole.indexOf('\r\n\r\n') - 4 - short.body.length, 7)
  }
})

test('a cut ends the connection in order, a reset without: behind that many bytes, behind the head, or before it', async () => {
  await using emulator = await startTestEmulator()
  for (const how of ['cut', 'reset'])
    for (const isStream of [false, true]) {
      const { answer, client } = await ask(emulator, { fault: `${how}=40`, isStream })
      assert.deepEqual([answer.status, answer.body.length, answer.end], [200, 40, 'cut'])
      assert.equal(await client.closed, how === 'cut' ? 'end' : 'reset')
      const { answer: head } = await ask(emulator, { fault: `${how}=0`, isStream })
      assert.deepEqual([head.status, head.body.length, head.end], [200, 0, 'cut'])
      await assert.rejects(ask(emulator, { fault: `${how}=before`, isStream }), (error) => {
        assert.ok(error instanceof NoAnswer)
        assert.match(error.message, how === 'cut' ? /ended \(end\)/ : /ended \(reset\)/)
        return true
      })
    }
  // Whoever cut it: no client has left.
  assert.ok(emulator.running.journal.read({ limit: 100 }).every(({ hasLeft, status }) => !hasLeft && status === 200))
})

test('a fault breaks the answer to what was done, and faults go together', async () => {
  await using emulator = await startTestEmulator()
  const upload = (fault: string): Promise<unknown> =>
    emulator.client.files.create({ purpose: 'batch', file: new File(['x'], `${fault}.jsonl`) }, { headers: { 'x-emulator-fault': fault } })
  await assert.rejects(upload('cut=before'))
  await assert.rejects(upload('status=500'))
  const { data } = await emulator.client.files.list()
  assert.deepEqual(
    data.map(({ filename }) => filename),
    ['cut=before.jsonl'],
  )
  const { answer } = await ask(emulator, { fault: 'status=500; drip=2000; cut=30' })
  assert.deepEqual([answer.status, answer.body.length, answer.end], [500, 30, 'cut'])
  // The files of an answer from disk are broken like any other.
  const file = await emulator.client.files.create({ purpose: 'batch', file: new File(['x'.repeat(1000)], 'a.jsonl') })
  await using client = await rawClient(emulator.running.port)
  await client.send(requestBytes({ path: `/v1/files/${file.id}/content`, token: 'sk-test', headers: [['X-Emulator-Fault', 'reset=600']] }))
  const download = await client.answer()
  assert.deepEqual([download.body.length, download.end, lengthOf(download)], [600, 'cut', 1000])
})

test('a client that leaves in a silence is not waited for', async () => {
  await using emulator = await startTestEmulator()
  {
    await using client = await rawClient(emulator.running.port)
    await client.send(chatBytes({ fault: 'silence=3600000@1', isStream: true }))
    await client.text('\r\nd')
  }
  const { journal } = emulator.running
  while (journal.read({ limit: 1 }).length === 0) await sleep(10)
  assert.equal(journal.read({ limit: 1 })[0]?.hasLeft, true)
})

test('words that are no fault are refused with those that are', async () => {
  await using emulator = await startTestEmulator()
  const cases = [
    [
      'sneeze',
      /^x-emulator-fault: "sneeze" is no fault: use status, retry-after, overloaded, silence, drip, malformed, length, cut, reset\.$/,
    ],
    ['status=99', /"status=99" does not fit: write status=<200 to 599>/],
    ['overloaded=1', /"overloaded=1" does not fit/],
    ['silence', /"silence" does not fit/],
    ['silence=1@', /does not fit/],
    ['drip=0', /does not fit/],
    ['length=7', /write length=\+<bytes> or length=-<bytes>/],
    ['cut', /does not fit/],
    ['cut=1; reset=2', /"reset=2" does not fit/],
    ['retry-after=2', /needs a status/],
    ['status=500; overloaded', /take out one/],
    [';', /no fault is named/],
  ] as const
  for (const [fault, message] of cases) {
    const { answer } = await ask(emulator, { fault })
    const { error } = JSON.parse(answer.body.toString()) as { error: { code: string; message: string } }
    assert.deepEqual([answer.status, error.code], [400, 'invalid_fault'], fault)
    assert.match(error.message, message)
  }
})

test('faults by chance hit the same requests with the same seed, others with another, and begin again after a reset', async () => {
  const hits = async (emulator: TestEmulator): Promise<string> => {
    let pattern = ''
    for (let count = 0; count < 24; count++) pattern += (await emulator.send('GET', '/v1/models')).status === 200 ? '.' : 'x'
    return pattern
  }
  const faults = ['status=500: 0.3', 'overloaded: 0.2']
  await using one = await startTestEmulator({ faults, faultSeed: 7 })
  await using same = await startTestEmulator({ faults, faultSeed: 7 })
  await using other = await startTestEmulator({ faults, faultSeed: 8 })
  const first = await hits(one)
  assert.match(first, /x.*\.|\..*x/)
  assert.equal(await hits(same), first)
  assert.notEqual(await hits(other), first)
  await one.send('POST', '/_emulator/reset')
  assert.equal(await hits(one), first)
})

test('a probability is one, and the share of requests that are hit', () => {
  const chance = createChance(['overloaded: 0.1', 'cut=5: 0.5'], 3)
  const counts = { overloaded: 0, 'cut=5': 0, none: 0 }
  for (let count = 0; count < 20_000; count++) counts[(chance?.next()?.text as 'overloaded' | 'cut=5' | undefined) ?? 'none']++
  assert.ok(Math.abs(counts.overloaded / 20_000 - 0.1) < 0.02, JSON.stringify(counts))
  assert.ok(Math.abs(counts['cut=5'] / 20_000 - 0.45) < 0.02, JSON.stringify(counts))
  assert.equal(createChance([], 1), null)
  for (const spec of ['overloaded', 'overloaded:2', 'overloaded:x', ':0.5'])
    assert.throws(() => createChance([spec], 1), /has no probability/)
  assert.throws(() => createChance(['sneeze:0.5'], 1), /"sneeze" is no fault/)
  assert.equal(parseFault('STATUS=503').instead?.status, 503)
})

test('a fault that a script asks for breaks the answer it gives', async () => {
  await using emulator = await startTestEmulator()
  await emulator.send('PUT', '/_emulator/script', {
    rules: [
      { when: { endpoint: 'models.list' }, reply: { fault: 'cut=5' } },
      { when: { user: 'x' }, replies: [{ text: 'Broken.', fault: 'malformed' }, {}] },
    ],
  })
  const send = (): Promise<Response> =>
    emulator.send('POST', '/v1/chat/completions', { model: 'gpt-4o', messages: [{ role: 'user', content: 'x' }] })
  await assert.rejects(async () => (await send()).json(), SyntaxError)
  assert.equal((await send()).status, 200)
  await assert.rejects(async () => (await emulator.send('GET', '/v1/models')).text())
})
