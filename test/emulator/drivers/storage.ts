// Drivers: files, uploads, batches, vector stores, containers, skills.
import type OpenAI from 'openai'
import { all, jsonLines, model, named, until, type FamilyDrivers, type Stage } from '../stage.ts'

const heron = 'The grey heron eats fish and frogs. It stands in shallow water and waits. Herons nest in tall trees.\n'

const document = ({ client, shared }: Stage): Promise<OpenAI.FileObject> =>
  shared('document', async () => client.files.create({ file: await named('heron.txt', heron), purpose: 'assistants' }))

const batchFile = ({ client, shared }: Stage): Promise<OpenAI.FileObject> =>
  shared('batch file', async () => {
    const line = (id: string, body: object): object => ({ custom_id: id, method: 'POST', url: '/v1/chat/completions', body })
    const messages = [{ role: 'user', content: 'Reply with exactly: pong' }]
    const lines = jsonLines([line('good', { model, messages }), line('bad', { model, messages, temperature: 9 })])
    return client.files.create({ file: await named('batch.jsonl', lines), purpose: 'batch' })
  })

const newBatch = async (stage: Stage): Promise<OpenAI.Batch> =>
  stage.client.batches.create({
    input_file_id: (await batchFile(stage)).id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
    metadata: { a: 'b' },
  })

const store = (stage: Stage): Promise<OpenAI.VectorStore> =>
  stage.shared('vector store', async () => {
    const { client } = stage
    const file_ids = [(await document(stage)).id]
    const { id } = await client.vectorStores.create({ name: 'birds', file_ids, expires_after: { anchor: 'last_active_at', days: 2 } })
    return until(
      () => client.vectorStores.retrieve(id),
      ({ status }) => status === 'completed',
    )
  })

const newFileIn = async (stage: Stage): Promise<{ readonly vector_store_id: string; readonly id: string }> => {
  const vector_store_id = (await store(stage)).id
  const { id } = await stage.client.files.create({ file: await named('egret.txt', 'An egret is white.'), purpose: 'assistants' })
  await stage.client.vectorStores.files.create(vector_store_id, { file_id: id, attributes: { kind: 'bird', legs: 2, wild: true } })
  return { vector_store_id, id }
}

const fileBatch = (stage: Stage): Promise<OpenAI.VectorStores.VectorStoreFileBatch> =>
  stage.shared('file batch', async () => {
    const vector_store_id = (await store(stage)).id
    const { id } = await stage.client.vectorStores.fileBatches.create(vector_store_id, { file_ids: [(await document(stage)).id] })
    return until(
      () => stage.client.vectorStores.fileBatches.retrieve(id, { vector_store_id }),
      ({ status }) => status === 'completed',
    )
  })

const container = ({ client, shared }: Stage): Promise<OpenAI.ContainerCreateResponse> =>
  shared('container', () => client.containers.create({ name: 'workshop', expires_after: { anchor: 'last_active_at', minutes: 20 } }))

const newContainerFile = async (stage: Stage): Promise<{ readonly container_id: string; readonly id: string }> => {
  const container_id = (await container(stage)).id
  const { id } = await stage.client.containers.files.create(container_id, { file: await named('bytes.bin', Buffer.from([0, 255, 13, 10])) })
  return { container_id, id }
}

const skillFiles = async (name: string): Promise<File[]> => [
  await named(`${name}/SKILL.md`, `---\nname: ${name}\ndescription: Adds numbers.\n---\n\nUse it.\n`),
  await named(`${name}/add.py`, 'print(1 + 1)\n'),
]

const skill = ({ client, shared }: Stage): Promise<OpenAI.Skill> =>
  shared('skill', async () => client.skills.create({ files: await skillFiles('sums') }))

export const storageDrivers = {
  'files.list': async (stage) => {
    await document(stage)
    await all(stage.client.files.list({ purpose: 'assistants', limit: 2 }))
  },
  'files.create': async ({ client }) => {
    const expires_after = { anchor: 'created_at', seconds: 3600 } as const
    for (const purpose of ['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals'] as const) {
      await client.files.create({
        file: await named('a.jsonl', '{"a":1}\n'),
        purpose,
        ...(purpose === 'user_data' ? { expires_after } : {}),
      })
    }
  },
  'files.delete': async ({ client }) => {
    const { id } = await client.files.create({ file: await named('a.txt', 'a'), purpose: 'user_data' })
    await client.files.delete(id)
  },
  'files.retrieve': async (stage) => stage.client.files.retrieve((await document(stage)).id),
  'files.content': async (stage) => (await stage.client.files.content((await batchFile(stage)).id)).arrayBuffer(),

  'uploads.create': ({ client }) => client.uploads.create({ bytes: 2, filename: 'a.txt', mime_type: 'text/plain', purpose: 'assistants' }),
  'uploads.cancel': async ({ client }) => {
    const { id } = await client.uploads.create({ bytes: 2, filename: 'a.txt', mime_type: 'text/plain', purpose: 'assistants' })
    await client.uploads.cancel(id)
  },
  'uploads.complete': async ({ client }) => {
    const { id } = await client.uploads.create({ bytes: 2, filename: 'a.txt', mime_type: 'text/plain', purpose: 'assistants' })
    const part = await client.uploads.parts.create(id, { data: await named('part', 'ab') })
    await client.uploads.complete(id, { part_ids: [part.id] })
  },
  'uploads.parts.create': async ({ client }) => {
    const { id } = await client.uploads.create({ bytes: 2, filename: 'a.txt', mime_type: 'text/plain', purpose: 'assistants' })
    await client.uploads.parts.create(id, { data: await named('part', 'ab') })
  },

  'batches.list': async (stage) => {
    await newBatch(stage)
    await all(stage.client.batches.list({ limit: 1 }))
  },
  'batches.create': newBatch,
  'batches.retrieve': async (stage) => {
    const { id } = await newBatch(stage)
    await until(
      () => stage.client.batches.retrieve(id),
      ({ status }) => status === 'completed',
    )
    const broken = await stage.client.files.create({ file: await named('broken.jsonl', '{"custom_id": "a"}\nno JSON\n'), purpose: 'batch' })
    const refused = await stage.client.batches.create({ input_file_id: broken.id, endpoint: '/v1/embeddings', completion_window: '24h' })
    await until(
      () => stage.client.batches.retrieve(refused.id),
      ({ status }) => status === 'failed',
    )
  },
  'batches.cancel': async (stage) => {
    const { id } = await newBatch(stage)
    await stage.client.batches.cancel(id)
    await until(
      () => stage.client.batches.retrieve(id),
      ({ status }) => status === 'cancelled',
    )
  },

  'vector_stores.list': async (stage) => {
    await store(stage)
    await all(stage.client.vectorStores.list())
  },
  'vector_stores.create': store,
  'vector_stores.delete': async ({ client }) => client.vectorStores.delete((await client.vectorStores.create({})).id),
  'vector_stores.retrieve': async (stage) => stage.client.vectorStores.retrieve((await store(stage)).id),
  'vector_stores.update': async (stage) =>
    stage.client.vectorStores.update((await store(stage)).id, { name: 'water birds', metadata: { a: 'b' } }),
  'vector_stores.file_batches.create': fileBatch,
  'vector_stores.file_batches.retrieve': fileBatch,
  'vector_stores.file_batches.cancel': async (stage) => {
    const vector_store_id = (await store(stage)).id
    const { id } = await stage.client.vectorStores.fileBatches.create(vector_store_id, { file_ids: [(await document(stage)).id] })
    await stage.client.vectorStores.fileBatches.cancel(id, { vector_store_id })
  },
  'vector_stores.file_batches.files.list': async (stage) => {
    const { id, vector_store_id } = await fileBatch(stage)
    await all(stage.client.vectorStores.fileBatches.listFiles(id, { vector_store_id }))
  },
  'vector_stores.files.list': async (stage) => all(stage.client.vectorStores.files.list((await store(stage)).id, { filter: 'completed' })),
  'vector_stores.files.create': newFileIn,
  'vector_stores.files.delete': async (stage) => {
    const { vector_store_id, id } = await newFileIn(stage)
    await stage.client.vectorStores.files.delete(id, { vector_store_id })
  },
  'vector_stores.files.retrieve': async (stage) => {
    const { vector_store_id, id } = await newFileIn(stage)
    await until(
      () => stage.client.vectorStores.files.retrieve(id, { vector_store_id }),
      ({ status }) => status === 'completed',
    )
    const empty = await stage.client.files.create({ file: await named('empty.txt', ' '), purpose: 'assistants' })
    await stage.client.vectorStores.files.create(vector_store_id, {
      file_id: empty.id,
      chunking_strategy: { type: 'static', static: { max_chunk_size_tokens: 200, chunk_overlap_tokens: 50 } },
    })
    await until(
      () => stage.client.vectorStores.files.retrieve(empty.id, { vector_store_id }),
      ({ status }) => status !== 'in_progress',
    )
  },
  'vector_stores.files.update': async (stage) => {
    const { vector_store_id, id } = await newFileIn(stage)
    await stage.client.vectorStores.files.update(id, { vector_store_id, attributes: { kind: 'wader' } })
  },
  'vector_stores.files.content': async (stage) =>
    all(stage.client.vectorStores.files.content((await document(stage)).id, { vector_store_id: (await store(stage)).id })),
  'vector_stores.search': async (stage) =>
    all(stage.client.vectorStores.search((await store(stage)).id, { query: 'What does the heron eat?', max_num_results: 2 })),

  'containers.list': async (stage) => {
    await container(stage)
    await all(stage.client.containers.list())
  },
  'containers.create': container,
  'containers.delete': async ({ client }) => client.containers.delete((await client.containers.create({ name: 'gone' })).id),
  'containers.retrieve': async (stage) => stage.client.containers.retrieve((await container(stage)).id),
  'containers.files.list': async (stage) => {
    const { container_id } = await newContainerFile(stage)
    await all(stage.client.containers.files.list(container_id))
  },
  'containers.files.create': async (stage) => {
    const { container_id } = await newContainerFile(stage)
    await stage.client.containers.files.create(container_id, { file_id: (await document(stage)).id })
  },
  'containers.files.delete': async (stage) => {
    const { container_id, id } = await newContainerFile(stage)
    await stage.client.containers.files.delete(id, { container_id })
  },
  'containers.files.retrieve': async (stage) => {
    const { container_id, id } = await newContainerFile(stage)
    await stage.client.containers.files.retrieve(id, { container_id })
  },
  'containers.files.content': async (stage) => {
    const { container_id, id } = await newContainerFile(stage)
    await (await stage.client.containers.files.content.retrieve(id, { container_id })).arrayBuffer()
  },

  'skills.list': async (stage) => {
    await skill(stage)
    await all(stage.client.skills.list())
  },
  'skills.create': skill,
  'skills.delete': async ({ client }) => client.skills.delete((await client.skills.create({ files: await skillFiles('gone') })).id),
  'skills.retrieve': async (stage) => stage.client.skills.retrieve((await skill(stage)).id),
  'skills.update': async (stage) => stage.client.skills.update((await skill(stage)).id, { default_version: '1' }),
  'skills.content': async (stage) => (await stage.client.skills.content.retrieve((await skill(stage)).id)).arrayBuffer(),
  'skills.versions.list': async (stage) => all(stage.client.skills.versions.list((await skill(stage)).id)),
  'skills.versions.create': async (stage) =>
    stage.client.skills.versions.create((await skill(stage)).id, { files: await skillFiles('sums'), default: true }),
  'skills.versions.delete': async (stage) => {
    const skill_id = (await skill(stage)).id
    const { version } = await stage.client.skills.versions.create(skill_id, { files: await skillFiles('sums') })
    await stage.client.skills.versions.delete(version, { skill_id })
  },
  'skills.versions.retrieve': async (stage) => stage.client.skills.versions.retrieve('1', { skill_id: (await skill(stage)).id }),
  'skills.versions.content': async (stage) =>
    (await stage.client.skills.versions.content.retrieve('1', { skill_id: (await skill(stage)).id })).arrayBuffer(),
} satisfies FamilyDrivers
