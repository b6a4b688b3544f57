// What an application does with the SDK, as functions of a client: the same ones run in front of the emulator and in front of
// an upstream that nobody here wrote, so that relay and emulator cannot share a misunderstanding.
import assert from 'node:assert/strict'
import OpenAI, { toFile } from 'openai'

export type SdkCase = { readonly name: string; readonly run: (client: OpenAI) => Promise<void> }

const model = 'gpt-4o-mini'
const pong = [{ role: 'user' as const, content: 'Reply with exactly: pong' }]
const question = 'What is the weather in Paris? Use get_weather.'
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false }

export const chatCases: readonly SdkCase[] = [
  {
    name: 'a chat completion comes back with its text, its usage and the id of the upstream',
    run: async (client) => {
      const { data, response, request_id: requestId } = await client.chat.completions.create({ model, messages: pong }).withResponse()
      assert.equal(data.object, 'chat.completion')
      assert.equal(data.choices[0]?.message.content, 'pong')
      assert.equal(data.choices[0]?.finish_reason, 'stop')
      assert.ok(data.usage)
      assert.equal(data.usage.total_tokens, data.usage.prompt_tokens + data.usage.completion_tokens)
      assert.equal(requestId, response.headers.get('x-request-id'))
      assert.match(response.headers.get('x-relay-request-id') ?? '', /^req_[0-9a-f]{32}$/)
    },
  },
  {
    name: 'a chat stream adds up to its text and ends with its usage',
    run: async (client) => {
      const stream = await client.chat.completions.create({ model, messages: pong, stream: true, stream_options: { include_usage: true } })
      let text = ''
      const finishes: string[] = []
      const usages: OpenAI.CompletionUsage[] = []
      for await (const chunk of stream) {
        assert.equal(chunk.object, 'chat.completion.chunk')
        text += chunk.choices[0]?.delta.content ?? ''
        const finish = chunk.choices[0]?.finish_reason
        if (typeof finish === 'string') finishes.push(finish)
        if (chunk.usage !== null && chunk.usage !== undefined) usages.push(chunk.usage)
      }
      assert.equal(text, 'pong')
      assert.deepEqual(finishes, ['stop'])
      assert.equal(usages.length, 1)
      assert.ok((usages[0]?.total_tokens ?? 0) > 0)
    },
  },
  {
    name: 'a caller’s function tool is called with arguments that parse, and its result is answered',
    run: async (client) => {
      const tools: OpenAI.ChatCompletionTool[] = [{ type: 'function', function: { name: 'get_weather', parameters } }]
      const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: question }]
      const first = await client.chat.completions.create({
        model,
        messages,
        tools,
        tool_choice: { type: 'function', function: { name: 'get_weather' } },
      })
      const message = first.choices[0]?.message
      const call = message?.tool_calls?.[0]
      assert.ok(message && call?.type === 'function')
      assert.equal(call.function.name, 'get_weather')
      assert.equal(typeof (JSON.parse(call.function.arguments) as { city: unknown }).city, 'string')
      const second = await client.chat.completions.create({
        model,
        tools,
        messages: [...messages, message, { role: 'tool', tool_call_id: call.id, content: '18 degrees' }],
      })
      assert.match(second.choices[0]?.message.content ?? '', /18 degrees/)
      assert.equal(second.choices[0]?.finish_reason, 'stop')
    },
  },
  {
    name: 'a streamed tool call is put together by the helper of the SDK',
    run: async (client) => {
      const stream = client.chat.completions.stream({
        model,
        messages: [{ role: 'user', content: question }],
        tools: [{ type: 'function', function: { name: 'get_weather', parameters } }],
        tool_choice: 'required',
      })
      const call = (await stream.finalChatCompletion()).choices[0]?.message.tool_calls?.[0]
      assert.ok(call?.type === 'function')
      assert.equal(call.function.name, 'get_weather')
      assert.equal(typeof (JSON.parse(call.function.arguments) as { city: unknown }).city, 'string')
    },
  },
  {
    name: 'twenty streams at once each end as they should',
    run: async (client) => {
      const texts = await Promise.all(
        Array.from({ length: 20 }, async (_, index) => {
          const stream = await client.chat.completions.create({
            model,
            stream: true,
            messages: [{ role: 'user', content: `Reply with exactly: word${index}` }],
          })
          let text = ''
          for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
          return text
        }),
      )
      assert.deepEqual(
        texts,
        Array.from({ length: 20 }, (_, index) => `word${index}`),
      )
    },
  },
]

export const responsesCases: readonly SdkCase[] = [
  {
    name: 'a response comes back with its text and its usage',
    run: async (client) => {
      const response = await client.responses.create({ model, input: 'Reply with exactly: pong' })
      assert.equal(response.output_text, 'pong')
      assert.equal(response.status, 'completed')
      assert.ok(response.usage)
      assert.equal(response.usage.total_tokens, response.usage.input_tokens + response.usage.output_tokens)
    },
  },
  {
    name: 'the events of a response stream come in order, from created to completed, and add up to its text',
    run: async (client) => {
      const stream = await client.responses.create({ model, input: 'Reply with exactly: pong', stream: true })
      const types: string[] = []
      const numbers: number[] = []
      let text = ''
      for await (const event of stream) {
        types.push(event.type)
        numbers.push(event.sequence_number)
        if (event.type === 'response.output_text.delta') text += event.delta
      }
      assert.equal(types[0], 'response.created')
      assert.equal(types.at(-1), 'response.completed')
      assert.deepEqual(
        numbers,
        numbers.toSorted((a, b) => a - b),
      )
      assert.equal(text, 'pong')
    },
  },
  {
    name: 'a response calls a caller’s function tool',
    run: async (client) => {
      const response = await client.responses.create({
        model,
        input: question,
        tools: [{ type: 'function', name: 'get_weather', parameters, strict: true }],
        tool_choice: 'required',
      })
      const call = response.output.find((item) => item.type === 'function_call')
      assert.ok(call)
      assert.equal(call.name, 'get_weather')
      assert.equal(typeof (JSON.parse(call.arguments) as { city: unknown }).city, 'string')
    },
  },
  {
    name: 'the stream helper of the SDK ends with the final response',
    run: async (client) => {
      const final = await client.responses.stream({ model, input: 'Reply with exactly: pong' }).finalResponse()
      assert.equal(final.output_text, 'pong')
    },
  },
]

export const otherCases: readonly SdkCase[] = [
  {
    name: 'embeddings come back as numbers, the same ones for the same text',
    run: async (client) => {
      const input = ['one text', 'another text', 'one text']
      const { data } = await client.embeddings.create({ model: 'text-embedding-3-small', input })
      assert.deepEqual(
        data.map((each) => each.index),
        [0, 1, 2],
      )
      assert.ok(data.every((each) => each.embedding.length > 0 && each.embedding.every(Number.isFinite)))
      const floats = await client.embeddings.create({ model: 'text-embedding-3-small', input: 'one text', encoding_format: 'float' })
      assert.equal(floats.data[0]?.embedding.length, data[0]?.embedding.length)
      assert.deepEqual(data[0]?.embedding, data[2]?.embedding)
    },
  },
  {
    name: 'a moderation comes back with a result for the input',
    run: async (client) => {
      const { results } = await client.moderations.create({ input: 'a kind text' })
      assert.equal(results.length, 1)
      assert.equal(results[0]?.flagged, false)
    },
  },
  {
    name: 'models are listed',
    run: async (client) => {
      const ids: string[] = []
      for await (const each of client.models.list()) ids.push(each.id)
      assert.ok(ids.length > 0)
    },
  },
  {
    name: 'a file is uploaded, read back byte for byte, listed and deleted',
    run: async (client) => {
      const bytes = Buffer.from(`{"custom_id":"caf\u00e9"}\r\n\u0000\u0001\n`)
      const file = await client.files.create({ file: await toFile(bytes, 'a "quoted" caf\u00e9.jsonl'), purpose: 'batch' })
      assert.equal(file.bytes, bytes.length)
      assert.equal((await client.files.retrieve(file.id)).id, file.id)
      assert.deepEqual(Buffer.from(await (await client.files.content(file.id)).arrayBuffer()), bytes)
      const ids: string[] = []
      for await (const each of client.files.list()) ids.push(each.id)
      assert.ok(ids.includes(file.id))
      assert.equal((await client.files.delete(file.id)).deleted, true)
      await assert.rejects(client.files.retrieve(file.id), OpenAI.NotFoundError)
    },
  },
]
