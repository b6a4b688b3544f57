// Drivers: responses, conversations, chat, completions, embeddings, moderations, models, decisions.
import type OpenAI from 'openai'
import { all, model, reasoningModel, until, type FamilyDrivers, type Stage } from '../stage.ts'

const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false }
const weather = { type: 'function', name: 'get_weather', parameters, strict: true } as const
/** The smallest PNG there is. */
const onePixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const asked = 'What is the weather in Paris?'
const person = {
  type: 'object',
  properties: { name: { type: 'string' }, tags: { type: 'array', items: { type: 'string' } } },
  required: ['name', 'tags'],
  additionalProperties: false,
}

const response = ({ client, shared }: Stage): Promise<OpenAI.Responses.Response> =>
  shared('response', () => client.responses.create({ model, input: 'Reply with exactly: pong', metadata: { kept: 'yes' } }))

const conversation = ({ client, shared }: Stage): Promise<OpenAI.Conversations.Conversation> =>
  shared('conversation', () =>
    client.conversations.create({ metadata: { topic: 'herons' }, items: [{ type: 'message', role: 'user', content: 'What is a heron?' }] }),
  )

const completion = ({ client, shared }: Stage): Promise<OpenAI.ChatCompletion> =>
  shared('stored completion', () =>
    client.chat.completions.create({ model, store: true, metadata: { kept: 'yes' }, messages: [{ role: 'user', content: 'Say hello' }] }),
  )

export const textDrivers = {
  'responses.create': async ({ client }) => {
    await client.responses.create({ model, input: 'Reply with exactly: pong' })
    await client.responses.create({
      model: reasoningModel,
      instructions: 'Be brief.',
      input: [{ role: 'user', content: [{ type: 'input_text', text: asked }] }],
      tools: [weather],
      tool_choice: 'required',
      reasoning: { effort: 'low', summary: 'auto' },
      include: ['reasoning.encrypted_content'],
      user: 'someone',
      metadata: { a: 'b' },
    })
    await client.responses.create({
      model,
      input: 'Describe a person.',
      text: { format: { type: 'json_schema', name: 'person', schema: person, strict: true } },
      top_logprobs: 2,
      include: ['message.output_text.logprobs'],
      temperature: 0.5,
      max_output_tokens: 200,
    })
    await client.responses.create({ model, input: 'Count from 1 to 100', max_output_tokens: 16 })
    await all(client.responses.create({ model, stream: true, input: 'Reply with exactly: pong' }))
    await all(client.responses.create({ model, stream: true, input: asked, tools: [weather], tool_choice: 'required' }))
    await all(client.responses.create({ model: reasoningModel, stream: true, input: 'Say hello', reasoning: { summary: 'auto' } }))
    await all(client.responses.create({ model, stream: true, input: 'What is new about herons?', tools: [{ type: 'web_search' }] }))
    await all(
      client.responses.create({
        model,
        stream: true,
        input: 'Compute 6 * 7 and write it to a file.',
        tools: [{ type: 'code_interpreter', container: { type: 'auto' } }],
        include: ['code_interpreter_call.outputs'],
      }),
    )
    await all(
      client.responses.create({
        model,
        stream: true,
        input: 'Write a file called notes.txt with the text "heron".',
        tools: [{ type: 'code_interpreter', container: { type: 'auto', memory_limit: '1g' } }],
        tool_choice: { type: 'code_interpreter' },
      }),
    )
    await all(
      client.responses.create({
        model,
        stream: true,
        input: 'Run a query over the birds.',
        tools: [{ type: 'custom', name: 'run_sql', description: 'Runs SQL.' }],
        tool_choice: 'required',
      }),
    )
    await all(client.responses.create({ model, stream: true, input: 'Count from 1 to 100', max_output_tokens: 16, store: false }))
    await all(
      client.responses.create({
        model,
        stream: true,
        input: 'Describe a person.',
        text: { format: { type: 'json_schema', name: 'person', schema: person, strict: true } },
        top_logprobs: 1,
        include: ['message.output_text.logprobs'],
      }),
    )
    const { id } = await client.responses.create({ model, background: true, input: 'Reply with exactly: later' })
    await until(
      () => client.responses.retrieve(id),
      ({ status }) => status === 'completed',
    )
    await client.responses.create({
      model,
      previous_response_id: id,
      instructions: null,
      truncation: 'auto',
      parallel_tool_calls: false,
      max_tool_calls: 3,
      safety_identifier: 'someone',
      prompt_cache_key: 'key',
      service_tier: 'flex',
      input: [
        { type: 'function_call', call_id: 'call_1', name: 'get_weather', arguments: '{"city":"Paris"}' },
        { type: 'function_call_output', call_id: 'call_1', output: '18 degrees' },
        { role: 'user', content: [{ type: 'input_image', image_url: `data:image/png;base64,${onePixel}`, detail: 'low' }] },
      ],
      tools: [
        weather,
        { type: 'web_search', user_location: { type: 'approximate', city: 'Paris' } },
        { type: 'mcp', server_label: 'docs', server_url: 'https://mcp.example.com', require_approval: 'never' },
        { type: 'image_generation', quality: 'low' },
      ],
      tool_choice: { type: 'function', name: 'get_weather' },
    })
  },
  'responses.compact': ({ client }) => client.responses.compact({ model, input: [{ role: 'user', content: 'Remember the word heron.' }] }),
  'responses.input_tokens': ({ client }) => client.responses.inputTokens.count({ model, input: 'Reply with exactly: pong' }),
  'responses.delete': async ({ client }) => {
    const { id } = await client.responses.create({ model, input: 'Reply with exactly: gone' })
    await client.responses.delete(id)
  },
  'responses.retrieve': async (stage) => {
    const { client } = stage
    const { id } = await response(stage)
    await client.responses.retrieve(id)
    const streamed = await all(client.responses.create({ model, stream: true, background: true, input: 'Reply with exactly: pong' }))
    const [first] = streamed
    if (first?.type !== 'response.queued' && first?.type !== 'response.created') throw new Error(`began with ${first?.type}`)
    await all(client.responses.retrieve(first.response.id, { stream: true, starting_after: 2 }))
    await client.responses.retrieve(first.response.id)
  },
  'responses.cancel': async ({ client }) => {
    const { id } = await client.responses.create({ model, background: true, input: 'Count from 1 to 5000' })
    await client.responses.cancel(id)
  },
  'responses.input_items.list': async (stage) => {
    await all(stage.client.responses.inputItems.list((await response(stage)).id))
    const { id } = await stage.client.responses.create({
      model,
      input: [
        { role: 'developer', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'Look.' },
            { type: 'input_image', image_url: `data:image/png;base64,${onePixel}`, detail: 'auto' },
          ],
        },
        { role: 'assistant', content: 'I see.' },
        { type: 'function_call', call_id: 'call_1', name: 'get_weather', arguments: '{}' },
        { type: 'function_call_output', call_id: 'call_1', output: '18 degrees' },
      ],
    })
    await all(stage.client.responses.inputItems.list(id, { limit: 2, order: 'asc' }))
  },

  'conversations.create': async (stage) => {
    await conversation(stage)
    await stage.client.conversations.create()
  },
  'conversations.delete': async ({ client }) => client.conversations.delete((await client.conversations.create()).id),
  'conversations.retrieve': async (stage) => stage.client.conversations.retrieve((await conversation(stage)).id),
  'conversations.update': async (stage) =>
    stage.client.conversations.update((await conversation(stage)).id, { metadata: { topic: 'egrets' } }),
  'conversations.items.list': async (stage) => {
    const { id } = await conversation(stage)
    await stage.client.responses.create({ model, conversation: id, input: 'And what does it eat?' })
    await all(stage.client.conversations.items.list(id, { limit: 2 }))
  },
  'conversations.items.create': async (stage) =>
    stage.client.conversations.items.create((await conversation(stage)).id, {
      items: [
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'It is grey.' }] },
        { type: 'message', role: 'assistant', content: 'So it is.' },
        { type: 'function_call', call_id: 'call_1', name: 'get_weather', arguments: '{"city":"Paris"}' },
        { type: 'function_call_output', call_id: 'call_1', output: '18 degrees' },
      ],
    }),
  'conversations.items.delete': async (stage) => {
    const { id } = await conversation(stage)
    const { data } = await stage.client.conversations.items.create(id, {
      items: [{ type: 'message', role: 'user', content: 'Forget this.' }],
    })
    await stage.client.conversations.items.delete(data[0]?.id ?? '', { conversation_id: id })
  },
  'conversations.items.retrieve': async (stage) => {
    const { id } = await conversation(stage)
    const { data } = await stage.client.conversations.items.create(id, {
      items: [{ type: 'message', role: 'user', content: 'Keep this.' }],
    })
    await stage.client.conversations.items.retrieve(data[0]?.id ?? '', { conversation_id: id })
  },

  'chat.completions.list': async (stage) => {
    await completion(stage)
    await all(stage.client.chat.completions.list({ metadata: { kept: 'yes' } }))
  },
  'chat.completions.create': async ({ client }) => {
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: asked }]
    const tools: OpenAI.ChatCompletionTool[] = [{ type: 'function', function: { name: 'get_weather', parameters } }]
    await client.chat.completions.create({ model, messages })
    await client.chat.completions.create({ model, messages, n: 2, logprobs: true, top_logprobs: 2, max_tokens: 12, stop: ['zzz'], seed: 7 })
    await client.chat.completions.create({ model, messages, tools, tool_choice: 'required' })
    await client.chat.completions.create({
      model,
      messages,
      response_format: { type: 'json_schema', json_schema: { name: 'person', schema: person, strict: true } },
    })
    await client.chat.completions.create({ model: reasoningModel, messages, reasoning_effort: 'low' })
    await all(client.chat.completions.create({ model, messages, stream: true }))
    await all(client.chat.completions.create({ model, messages, stream: true, stream_options: { include_usage: true }, logprobs: true }))
    await all(client.chat.completions.create({ model, messages, stream: true, tools, tool_choice: 'required' }))
    const custom: OpenAI.ChatCompletionTool[] = [{ type: 'custom', custom: { name: 'run_sql', description: 'Runs SQL.' } }]
    await client.chat.completions.create({ model, messages, tools: custom, tool_choice: 'required' })
    await all(client.chat.completions.create({ model, messages, stream: true, tools: custom, tool_choice: 'required', n: 2 }))
    await client.chat.completions.create({
      model,
      messages,
      functions: [{ name: 'get_weather', parameters }],
      function_call: { name: 'get_weather' },
    })
    await client.chat.completions.create({
      model,
      messages: [{ role: 'system', content: 'Answer in JSON.' }, ...messages],
      response_format: { type: 'json_object' },
    })
    await client.chat.completions.create({ model, messages, max_completion_tokens: 3, service_tier: 'priority', user: 'someone' })
    await client.chat.completions.create({ model: 'gpt-4o-search-preview', messages, web_search_options: {} })
    const audio = { voice: 'alloy', format: 'wav' } as const
    await client.chat.completions.create({ model: 'gpt-4o-audio-preview', messages, modalities: ['text', 'audio'], audio })
  },
  'chat.completions.delete': async ({ client }) => {
    const { id } = await client.chat.completions.create({ model, store: true, messages: [{ role: 'user', content: 'Say hello' }] })
    await client.chat.completions.delete(id)
  },
  'chat.completions.retrieve': async (stage) => stage.client.chat.completions.retrieve((await completion(stage)).id),
  'chat.completions.update': async (stage) =>
    stage.client.chat.completions.update((await completion(stage)).id, { metadata: { kept: 'yes', read: 'also' } }),
  'chat.completions.messages.list': async (stage) => all(stage.client.chat.completions.messages.list((await completion(stage)).id)),

  'completions.create': async ({ client }) => {
    await client.completions.create({
      model: 'gpt-3.5-turbo-instruct',
      prompt: 'Once upon a time',
      n: 2,
      logprobs: 1,
      echo: true,
      max_tokens: 8,
    })
    await all(
      client.completions.create({
        model: 'gpt-3.5-turbo-instruct',
        prompt: 'Say hello',
        stream: true,
        stream_options: { include_usage: true },
      }),
    )
  },
  'embeddings.create': async ({ client }) => {
    await client.embeddings.create({ model: 'text-embedding-3-small', input: ['one', 'two'], dimensions: 8, encoding_format: 'float' })
  },
  'moderations.create': async ({ client }) => {
    await client.moderations.create({ input: ['a kind text', 'I will kill them'] })
    await client.moderations.create({ model: 'omni-moderation-latest', input: [{ type: 'text', text: 'a kind text' }] })
  },
  'models.list': ({ client }) => all(client.models.list()),
  'models.retrieve': ({ client }) => client.models.retrieve(model),
  'decisions.create': ({ client }) =>
    client.decisions.create({
      model: 'gpt-6-luna',
      input: [{ type: 'message', role: 'user', content: 'My invoice is wrong.' }],
      questions: [
        { type: 'choice', name: 'topic', instructions: 'What is it about?', choices: [{ value: 'billing' }, { value: 'weather' }] },
        { type: 'predicate', name: 'angry', instructions: 'Is the customer angry?' },
        { type: 'score', name: 'urgency', instructions: 'How urgent is it?', levels: [{ label: 'low' }, { label: 'high' }] },
      ],
    }),
} satisfies FamilyDrivers
