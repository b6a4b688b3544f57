import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type OpenAI from 'openai'
import { refusal, startTestEmulator } from '../../../test/harness/emulator.ts'
import type { TestEmulator } from '../../../test/harness/emulator.ts'
import type { JournalEntry } from '../journal.ts'

type Scripted = TestEmulator & { readonly write: (script: string) => Promise<void>; readonly warnings: string[] }

async function startScripted(script: string): Promise<Scripted> {
  const folder = await mkdtemp(join(tmpdir(), 'relay-script-test-'))
  const scriptFile = join(folder, 'script.yaml')
  const write = (text: string): Promise<void> => writeFile(scriptFile, text)
  await write(script)
  const warnings: string[] = []
  const discard = (): Promise<void> => rm(folder, { recursive: true, force: true })
  const emulator = await startTestEmulator({ scriptFile, warn: (what, error) => warnings.push(`${what}: ${String(error)}`) }).catch(
    async (error: unknown) => {
      await discard()
      throw error
    },
  )
  return Object.assign(Object.create(emulator) as TestEmulator, {
    write,
    warnings,
    [Symbol.asyncDispose]: async () => {
      await emulator[Symbol.asyncDispose]()
      await discard()
    },
  })
}

type Ask = { readonly model?: string; readonly user: string }

async function chat({ client }: TestEmulator, { model = 'gpt-4o', user }: Ask): Promise<string | null | undefined> {
  const { choices } = await client.chat.completions.create({ model, messages: [{ role: 'user', content: user }] })
  return choices[0]?.message.content
}

const own = /This is an answer of the offline emulator\./

test('a rule answers what it matches, chat and responses alike, and everything else gets the own answers', async () => {
  await using emulator = await startScripted(`
rules:
  - when: { model: gpt-4o*, user: { contains: WEATHER } }
    reply: { text: Sunny. }
  - when: { user: { matches: '^order (\\d+)$' } }
    reply: { text: Ordered. }
  - when: { user: ping }
    reply: { text: pong }
  - when: { endpoint: responses.* , user: { contains: where } }
    reply: { text: In responses. }
`)
  assert.equal(await chat(emulator, { user: 'What is the weather?' }), 'Sunny.')
  assert.equal((await emulator.client.responses.create({ model: 'gpt-4o-mini', input: 'weather?' })).output_text, 'Sunny.')
  assert.match((await chat(emulator, { model: 'gpt-4.1', user: 'What is the weather?' })) ?? '', own)
  assert.equal(await chat(emulator, { user: 'order 66' }), 'Ordered.')
  assert.match((await chat(emulator, { user: 'order some' })) ?? '', own)
  assert.equal(await chat(emulator, { user: 'ping' }), 'pong')
  assert.match((await chat(emulator, { user: 'ping pong' })) ?? '', own)
  assert.match((await chat(emulator, { user: 'where am I' })) ?? '', own)
  assert.equal((await emulator.client.responses.create({ model: 'gpt-4.1', input: 'where am I' })).output_text, 'In responses.')
  const legacy = await emulator.client.completions.create({ model: 'gpt-3.5-turbo-instruct', prompt: 'ping' })
  assert.equal(legacy.choices[0]?.text, 'pong')
})

const weatherTool = {
  type: 'function',
  function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
} as const

test('a rule about a question calls tools once, and one about their results answers', async () => {
  await using emulator = await startScripted(`
rules:
  - name: look it up
    when: { user: { contains: weather } }
    reply:
      tool_calls:
        - { name: get_weather, arguments: { city: Paris } }
        - { name: not_offered, arguments: '{broken' }
  - name: rain
    when: { tool_result: { tool: get_weather, contains: rain } }
    reply: { text: Take an umbrella. }
  - name: anything else
    when: { tool_result: true }
    reply: { text: Enjoy the day. }
`)
  const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'How is the weather?' }]
  const create = (): Promise<OpenAI.ChatCompletion> =>
    emulator.client.chat.completions.create({ model: 'gpt-4o', messages, tools: [weatherTool] })
  const asked = (await create()).choices[0]
  assert.equal(asked?.finish_reason, 'tool_calls')
  const calls = (asked?.message.tool_calls ?? []).filter((call) => call.type === 'function')
  assert.deepEqual(
    calls.map((call) => [call.function.name, call.function.arguments]),
    [
      ['get_weather', '{"city":"Paris"}'],
      ['not_offered', '{broken'],
    ],
  )
  const answerTo = async (result: string): Promise<string | null | undefined> => {
    messages.splice(1)
    if (asked !== undefined) messages.push(asked.message)
    for (const { id } of calls) messages.push({ role: 'tool', tool_call_id: id, content: result })
    return (await create()).choices[0]?.message.content
  }
  assert.equal(await answerTo('heavy rain'), 'Take an umbrella.')
  assert.equal(await answerTo('sun'), 'Enjoy the day.')

  const first = await emulator.client.responses.create({
    model: 'gpt-4o',
    input: 'How is the weather?',
    tools: [{ ...weatherTool.function, type: 'function', strict: false }],
  })
  const outputs = first.output.flatMap((item) =>
    item.type === 'function_call' ? [{ type: 'function_call_output' as const, call_id: item.call_id, output: 'rain' }] : [],
  )
  assert.equal(outputs.length, 2)
  const second = await emulator.client.responses.create({ model: 'gpt-4o', previous_response_id: first.id, input: outputs })
  assert.equal(second.output_text, 'Take an umbrella.')
})

test('a turn is one answer of the model, whatever it consists of', async () => {
  await using emulator = await startScripted(`
rules:
  - { when: { turn: 1 }, reply: { text: one } }
  - { when: { turn: 2 }, reply: { text: two, tool_calls: [{ name: f }, { name: g }] } }
  - { when: { turn: 3 }, reply: { text: three } }
`)
  const conversation = (await emulator.client.conversations.create()).id
  const say = async (input: OpenAI.Responses.ResponseInput | string): Promise<OpenAI.Responses.Response> =>
    emulator.client.responses.create({ model: 'gpt-4o', conversation, input })
  assert.equal((await say('a')).output_text, 'one')
  const second = await say('b')
  assert.equal(second.output_text, 'two')
  const outputs = second.output.flatMap((item) =>
    item.type === 'function_call' ? [{ type: 'function_call_output' as const, call_id: item.call_id, output: 'x' }] : [],
  )
  assert.equal(outputs.length, 2)
  assert.equal((await say(outputs)).output_text, 'three')
})

test('what tools of the platform find is no result of the caller', async () => {
  await using emulator = await startScripted('rules: [{ when: { user: { contains: news } }, reply: { text: None. } }]')
  const response = await emulator.client.responses.create({
    model: 'gpt-4o',
    input: 'Search the web for news',
    tools: [{ type: 'web_search' }],
  })
  assert.equal(response.output[0]?.type, 'web_search_call')
  assert.equal(response.output_text, 'None.')
})

test('replies come in order; behind the last one it stays, all come again, or later rules decide', async () => {
  const replies = 'replies: [{ text: a }, { text: b }]'
  await using emulator = await startScripted(`
rules:
  - { when: { user: stay }, ${replies} }
  - { when: { user: repeat }, after_last: repeat, ${replies} }
  - { when: { user: pass }, after_last: pass, ${replies} }
  - { when: { user: pass }, reply: { text: later } }
`)
  const four = async (user: string): Promise<unknown[]> => {
    const texts = []
    for (let count = 0; count < 4; count++) texts.push(await chat(emulator, { user }))
    return texts
  }
  assert.deepEqual(await four('stay'), ['a', 'b', 'b', 'b'])
  assert.deepEqual(await four('repeat'), ['a', 'b', 'a', 'b'])
  assert.deepEqual(await four('pass'), ['a', 'b', 'later', 'later'])
  await emulator.send('POST', '/_emulator/reset')
  assert.equal(await chat(emulator, { user: 'stay' }), 'a')
})

test('several answers to one request are one step of a sequence', async () => {
  await using emulator = await startScripted('rules: [{ replies: [{ text: a }, { text: b }] }]')
  const many = await emulator.client.chat.completions.create({ model: 'gpt-4o', n: 3, messages: [{ role: 'user', content: 'x' }] })
  assert.deepEqual(
    many.choices.map(({ message }) => message.content),
    ['a', 'a', 'a'],
  )
  assert.equal(await chat(emulator, { user: 'x' }), 'b')
  await emulator.send('POST', '/_emulator/reset')
  const legacy = await emulator.client.completions.create({ model: 'gpt-3.5-turbo-instruct', prompt: ['x', 'y'], n: 2 })
  assert.deepEqual(
    legacy.choices.map(({ text }) => text),
    ['a', 'a', 'b', 'b'],
  )
})

test('reasoning, refusal, usage and pace come as written, and what is left out is the own', async () => {
  await using emulator = await startScripted(`
rules:
  - { when: { user: think }, reply: { text: Done., reasoning: Hard to say., usage: { input_tokens: 11, output_tokens: 7 } } }
  - { when: { user: no }, reply: { refusal: I will not. } }
  - { when: { user: { contains: usage } }, reply: { usage: { input_tokens: 5, output_tokens: 6 } } }
  - { when: { user: slow }, reply: { text: one two three four, ms_per_token: 100000 } }
`)
  const response = await emulator.client.responses.create({ model: 'gpt-4o', input: 'think' })
  const [reasoning] = response.output
  assert.deepEqual(reasoning?.type === 'reasoning' ? reasoning.summary[0]?.text : null, 'Hard to say.')
  assert.deepEqual([response.usage?.input_tokens, response.usage?.output_tokens, response.usage?.total_tokens], [11, 7, 18])
  const refused = await emulator.client.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'no' }] })
  assert.deepEqual([refused.choices[0]?.message.content, refused.choices[0]?.message.refusal], [null, 'I will not.'])
  const counted = await emulator.client.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'any usage' }] })
  assert.match(counted.choices[0]?.message.content ?? '', own)
  assert.equal(counted.usage?.total_tokens, 11)
  const stream = await emulator.client.chat.completions.create({
    model: 'gpt-4o',
    stream: true,
    messages: [{ role: 'user', content: 'slow' }],
  })
  const texts: string[] = []
  for await (const { choices } of stream) {
    texts.push(choices[0]?.delta.content ?? '')
    emulator.running.clock.advance(100_000)
  }
  assert.equal(texts.join(''), 'one two three four')
})

test('an error has its status, code, message and Retry-After, and what it leaves out is as OpenAI says it', async () => {
  await using emulator = await startScripted(`
rules:
  - when: { user: busy }
    replies:
      - error: { status: 429, retry_after: 2 }
      - error: { status: 400, code: context_length_exceeded, param: messages, message: Too long. }
      - {}
  - when: { endpoint: files.list }
    reply: { error: { status: 503 } }
  - when: { model: gpt-4o }
    reply: { error: { status: 500 } }
`)
  const asked = { model: 'gpt-4.1', messages: [{ role: 'user' as const, content: 'busy' }] }
  const limited = await emulator.send('POST', '/v1/chat/completions', asked)
  assert.deepEqual([limited.status, limited.headers.get('retry-after')], [429, '2'])
  assert.equal(((await limited.json()) as { error: { code: string } }).error.code, 'rate_limit_exceeded')
  assert.deepEqual(await refusal(emulator.client.chat.completions.create(asked)), {
    status: 400,
    code: 'context_length_exceeded',
    param: 'messages',
    message: 'Too long.',
  })
  assert.match((await chat(emulator, { model: 'gpt-4.1', user: 'busy' })) ?? '', own)
  assert.equal((await refusal(emulator.client.files.list())).code, 'server_is_overloaded')
  // A rule that does not name them says nothing about operations without a prompt.
  assert.equal((await emulator.client.models.list()).data.length > 0, true)
  assert.equal((await emulator.client.embeddings.create({ model: 'text-embedding-3-small', input: 'x' })).data.length, 1)
})

test('a rule about everything means what is said, not operations that say nothing', async () => {
  await using emulator = await startScripted('rules: [{ reply: { error: { status: 500 } } }]')
  await assert.rejects(chat(emulator, { user: 'x' }), { status: 500 })
  assert.equal((await emulator.client.models.list()).data.length > 0, true)
})

test("an error for a batch line is that line's error, and a fault is of no use there", async () => {
  await using emulator = await startScripted(`
rules:
  - { when: { endpoint: chat.*, user: bad }, reply: { error: { status: 418, code: teapot } } }
  - { when: { endpoint: chat.*, user: good }, reply: { text: fine, fault: cut=0 } }
`)
  const line = (id: string): string =>
    JSON.stringify({
      custom_id: id,
      method: 'POST',
      url: '/v1/chat/completions',
      body: { model: 'gpt-4o', messages: [{ role: 'user', content: id }] },
    })
  const file = await emulator.client.files.create({
    purpose: 'batch',
    file: new File([`${line('bad')}\n${line('good')}\n`], 'lines.jsonl'),
  })
  const { id } = await emulator.client.batches.create({
    input_file_id: file.id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
  })
  let batch = await emulator.client.batches.retrieve(id)
  while (!['completed', 'failed'].includes(batch.status)) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    batch = await emulator.client.batches.retrieve(id)
  }
  const textOf = async (fileId: string | undefined): Promise<string> => (await emulator.client.files.content(fileId ?? '')).text()
  assert.match(await textOf(batch.error_file_id), /"teapot"/)
  assert.match(await textOf(batch.output_file_id), /"content":"fine"/)
})

test('a changed file counts from the next request on, and a broken one leaves the last good rules and says so', async () => {
  await using emulator = await startScripted('rules: [{ replies: [{ text: a }, { text: b }] }]')
  assert.equal(await chat(emulator, { user: 'x' }), 'a')
  await emulator.write('rules: [{ replies: [{ text: new a }, { text: new b }] }]')
  assert.equal(await chat(emulator, { user: 'x' }), 'new a')
  assert.match(emulator.warnings.at(-1) ?? '', /script was read again: 1 rule$/)
  await emulator.write('rules:\n  - reply:\n      txt: broken')
  assert.equal(await chat(emulator, { user: 'x' }), 'new b')
  assert.match(
    emulator.warnings.at(-1) ?? '',
    /rules of before stay: .*script\.yaml line 3, rules\[0\], reply\.txt: is not known here: use text/,
  )
  const said = emulator.warnings.length
  assert.equal(await chat(emulator, { user: 'x' }), 'new b')
  assert.equal(emulator.warnings.length, said, 'said once')
  await emulator.write('rules: [{ reply: { text: mended } }]')
  assert.equal(await chat(emulator, { user: 'x' }), 'mended')
})

test('a script that is none ends the start, and every mistake is named with its line', async () => {
  const script = `# a comment
rules:
  - name: weather
    when: { user: { containss: x } }
    reply: { text: 42 }
  - reply: { error: { status: 200 } }
  - when: { user: { matches: '(a)\\1' } }
    reply: { fault: sneeze }
  - when:
      model:
`
  await assert.rejects(startScripted(script), (error: Error) => {
    assert.equal(error.name, 'DocumentError')
    const lines = error.message.split('\n').map((line) => line.replace(/^.*script\.yaml /, ''))
    assert.deepEqual(lines, [
      'line 4, rules[0] "weather", when.user.containss: is not known here: use text, contains, matches',
      'line 5, rules[0] "weather", reply.text: is 42: write a text; what looks like a number or a date needs quotes',
      'line 6, rules[1], reply.error.status: is 200: write a whole number from 400 to 599',
      'line 7, rules[2], when.user.matches: is no pattern: \\1 refers to a group, which is not known here',
      'line 8, rules[2], reply.fault: "sneeze" is no fault: use status, retry-after, overloaded, silence, drip, malformed, length, cut, reset',
      'line 10, rules[3], when.model: has no value: give it one, or take it out',
    ])
    return true
  })
  const together = `rules:
  - {}
  - { reply: { text: a, refusal: b } }
  - { reply: { text: a, error: { code: x } } }
  - { when: { endpoint: nothing.* }, reply: {}, after_last: pass }
  - { reply: { fault: overloaded }, replies: [{ usage: { input_tokens: 1 } }] }
`
  await assert.rejects(startScripted(together), (error: Error) => {
    assert.match(error.message, /line 6, rules\[4\], reply\.fault: names a status: write `error/)
    return true
  })
  await assert.rejects(startScripted(together.replace('fault: overloaded', '')), (error: Error) => {
    const lines = error.message.split('\n').map((line) => line.replace(/^.*script\.yaml /, ''))
    assert.deepEqual(lines, [
      'line 2, rules[0]: says nothing: give it a `reply`',
      'line 3, rules[1], reply.refusal: excludes text and tool_calls: a refusal is all that is said',
      'line 4, rules[2], reply: has an error and also text: an error is all there is, keep one',
      'line 4, rules[2], reply.error: has no status: give it one, such as `status: 429`',
      'line 5, rules[3], after_last: needs several replies: write `replies:` and a list of them',
      'line 5, rules[3], when.endpoint: names no operation: `relay endpoints` lists them by their names, such as responses.create',
      'line 6, rules[4]: has both `reply` and `replies`: keep one',
      'line 6, rules[4], replies[0].usage: is not whole: give both input_tokens and output_tokens',
    ])
    return true
  })
  await assert.rejects(startTestEmulator({ scriptFile: '/nowhere/script.yaml' }), /There is no script \/nowhere\/script\.yaml/)
})

test('a script can be put in and taken out while the emulator runs, and tells which rules have matched', async () => {
  await using emulator = await startTestEmulator()
  const script = { rules: [{ name: 'hello', when: { user: 'hi' }, reply: { text: 'Hello.' } }, { reply: { text: 'Pardon?' } }] }
  const put = await emulator.send('PUT', '/_emulator/script', script)
  assert.deepEqual(await put.json(), {
    rules: [
      { name: 'hello', matched: 0 },
      { name: 'rules[1]', matched: 0 },
    ],
  })
  assert.equal(await chat(emulator, { user: 'hi' }), 'Hello.')
  assert.equal(await chat(emulator, { user: 'what' }), 'Pardon?')
  const report = (await (await emulator.send('GET', '/_emulator/script')).json()) as { rules: { matched: number }[] }
  assert.deepEqual(
    report.rules.map(({ matched }) => matched),
    [1, 1],
  )
  const journal = (await (await emulator.send('GET', '/_emulator/journal')).json()) as { data: JournalEntry[] }
  assert.deepEqual(
    journal.data.map(({ rule }) => rule),
    ['hello', 'rules[1]'],
  )
  const broken = await emulator.send('PUT', '/_emulator/script', { rules: [{ reply: { txt: 1 } }] })
  assert.deepEqual(
    [broken.status, ((await broken.json()) as { error: { message: string } }).error.message],
    [
      400,
      'the script line 1, rules[0], reply.txt: is not known here: use text, tool_calls, reasoning, refusal, usage, ms_per_token, error, fault',
    ],
  )
  assert.equal(await chat(emulator, { user: 'hi' }), 'Hello.')
  await emulator.send('DELETE', '/_emulator/script')
  assert.match((await chat(emulator, { user: 'hi' })) ?? '', own)
})
