// Drivers: assistants, threads, messages, runs and their steps.
import type OpenAI from 'openai'
import type { Run } from 'openai/resources/beta/threads/runs/runs'
import { all, model, named, until, type FamilyDrivers, type Stage } from '../stage.ts'

const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const tools: OpenAI.Beta.AssistantTool[] = [{ type: 'function', function: { name: 'get_weather', parameters } }]
const asked = { role: 'user', content: 'What is the weather in Paris? Use get_weather.' } as const

const assistant = ({ client, shared }: Stage): Promise<OpenAI.Beta.Assistant> =>
  shared('assistant', () => client.beta.assistants.create({ model, name: 'Clerk', instructions: 'Be brief.', tools, metadata: { a: 'b' } }))

const thread = ({ client, shared }: Stage): Promise<OpenAI.Beta.Thread> =>
  shared('thread', () => client.beta.threads.create({ messages: [{ role: 'user', content: 'Say hello' }], metadata: { a: 'b' } }))

const newRun = async (stage: Stage): Promise<Run> => {
  const thread_id = (await stage.client.beta.threads.create({ messages: [{ role: 'user', content: 'Say hello' }] })).id
  return stage.client.beta.threads.runs.create(thread_id, { assistant_id: (await assistant(stage)).id })
}

const untilStatus = ({ client }: Stage, { id, thread_id }: Run, ...statuses: readonly string[]): Promise<Run> =>
  until(
    () => client.beta.threads.runs.retrieve(id, { thread_id }),
    ({ status }) => statuses.includes(status),
  )

const finishedRun = (stage: Stage): Promise<Run> =>
  stage.shared('finished run of a thread', async () => untilStatus(stage, await newRun(stage), 'completed'))

/** A run that waits for what its function says. */
const waitingRun = async (
  stage: Stage,
): Promise<{ readonly run: Run; readonly tool_outputs: { tool_call_id: string; output: string }[] }> => {
  const assistant_id = (await assistant(stage)).id
  const started = await stage.client.beta.threads.createAndRun({ assistant_id, thread: { messages: [asked] }, tool_choice: 'required' })
  const run = await untilStatus(stage, started, 'requires_action')
  const calls = run.required_action?.submit_tool_outputs.tool_calls ?? []
  return { run, tool_outputs: calls.map(({ id }) => ({ tool_call_id: id, output: '18 degrees' })) }
}

const message = async (stage: Stage): Promise<OpenAI.Beta.Threads.Message> =>
  stage.client.beta.threads.messages.create((await thread(stage)).id, { role: 'user', content: 'And goodbye', metadata: { a: 'b' } })

export const assistantDrivers = {
  'assistants.list': async (stage) => {
    await assistant(stage)
    await all(stage.client.beta.assistants.list())
  },
  'assistants.create': async (stage) => {
    await assistant(stage)
    const { client } = stage
    const file = await client.files.create({ file: await named('heron.txt', 'The heron eats fish.'), purpose: 'assistants' })
    const { id } = await client.vectorStores.create({ file_ids: [file.id] })
    await client.beta.assistants.create({
      model,
      description: 'Knows birds.',
      tools: [{ type: 'code_interpreter' }, { type: 'file_search', file_search: { max_num_results: 5 } }],
      tool_resources: { code_interpreter: { file_ids: [file.id] }, file_search: { vector_store_ids: [id] } },
      response_format: { type: 'json_object' },
      temperature: 0.5,
    })
  },
  'assistants.delete': async ({ client }) => client.beta.assistants.delete((await client.beta.assistants.create({ model })).id),
  'assistants.retrieve': async (stage) => stage.client.beta.assistants.retrieve((await assistant(stage)).id),
  'assistants.update': async (stage) => stage.client.beta.assistants.update((await assistant(stage)).id, { name: 'Scribe' }),

  'threads.create': thread,
  'threads.create_and_run': async (stage) => {
    const assistant_id = (await assistant(stage)).id
    await all(
      stage.client.beta.threads.createAndRun({
        assistant_id,
        thread: { messages: [{ role: 'user', content: 'Say hello' }] },
        stream: true,
      }),
    )
    await stage.client.beta.threads.createAndRun({ assistant_id, thread: { messages: [{ role: 'user', content: 'Say hello' }] } })
  },
  'threads.delete': async ({ client }) => client.beta.threads.delete((await client.beta.threads.create()).id),
  'threads.retrieve': async (stage) => stage.client.beta.threads.retrieve((await thread(stage)).id),
  'threads.update': async (stage) => stage.client.beta.threads.update((await thread(stage)).id, { metadata: { c: 'd' } }),
  'threads.messages.list': async (stage) => {
    await message(stage)
    await all(stage.client.beta.threads.messages.list((await thread(stage)).id, { limit: 1 }))
    await all(stage.client.beta.threads.messages.list((await finishedRun(stage)).thread_id))
  },
  'threads.messages.create': message,
  'threads.messages.delete': async (stage) => {
    const { id, thread_id } = await message(stage)
    await stage.client.beta.threads.messages.delete(id, { thread_id })
  },
  'threads.messages.retrieve': async (stage) => {
    const { id, thread_id } = await message(stage)
    await stage.client.beta.threads.messages.retrieve(id, { thread_id })
  },
  'threads.messages.update': async (stage) => {
    const { id, thread_id } = await message(stage)
    await stage.client.beta.threads.messages.update(id, { thread_id, metadata: { c: 'd' } })
  },
  'threads.runs.list': async (stage) => all(stage.client.beta.threads.runs.list((await finishedRun(stage)).thread_id)),
  'threads.runs.create': async (stage) => {
    await finishedRun(stage)
    const { id } = await stage.client.beta.threads.create({ messages: [asked] })
    await all(
      stage.client.beta.threads.runs.create(id, { assistant_id: (await assistant(stage)).id, stream: true, tool_choice: 'required' }),
    )
  },
  'threads.runs.retrieve': async (stage) => {
    await finishedRun(stage)
    const { client } = stage
    const { id } = await client.beta.threads.create({ messages: [{ role: 'user', content: 'Count from 1 to 500' }] })
    const run = await client.beta.threads.runs.create(id, {
      assistant_id: (await assistant(stage)).id,
      max_completion_tokens: 256,
      truncation_strategy: { type: 'last_messages', last_messages: 3 },
      additional_messages: [{ role: 'user', content: [{ type: 'text', text: 'Slowly' }] }],
      additional_instructions: 'Count well.',
    })
    await untilStatus(stage, run, 'completed', 'incomplete')
    await all(client.beta.threads.messages.list(id))
  },
  'threads.runs.update': async (stage) => {
    const { id, thread_id } = await finishedRun(stage)
    await stage.client.beta.threads.runs.update(id, { thread_id, metadata: { c: 'd' } })
  },
  'threads.runs.cancel': async (stage) => {
    const { run } = await waitingRun(stage)
    await stage.client.beta.threads.runs.cancel(run.id, { thread_id: run.thread_id })
    await untilStatus(stage, run, 'cancelled')
  },
  'threads.runs.steps.list': async (stage) => {
    const { run, tool_outputs } = await waitingRun(stage)
    await stage.client.beta.threads.runs.submitToolOutputs(run.id, { thread_id: run.thread_id, tool_outputs })
    await untilStatus(stage, run, 'completed')
    await all(stage.client.beta.threads.runs.steps.list(run.id, { thread_id: run.thread_id }))
  },
  'threads.runs.steps.retrieve': async (stage) => {
    const { id: run_id, thread_id } = await finishedRun(stage)
    const [first] = await all(stage.client.beta.threads.runs.steps.list(run_id, { thread_id }))
    await stage.client.beta.threads.runs.steps.retrieve(first?.id ?? '', { thread_id, run_id })
  },
  'threads.runs.submit_tool_outputs': async (stage) => {
    const { run, tool_outputs } = await waitingRun(stage)
    await all(stage.client.beta.threads.runs.submitToolOutputs(run.id, { thread_id: run.thread_id, tool_outputs, stream: true }))
  },
} satisfies FamilyDrivers
