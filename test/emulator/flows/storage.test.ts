// Flows of files: a batch to its output, an upload in parallel to an answer that cites it, files of a container, a film.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import OpenAI from 'openai'
import { flow } from '../flow.ts'
import { all, jsonLines, model, named, until } from '../stage.ts'

type BatchLine = {
  readonly custom_id: string
  readonly response: { readonly status_code: number; readonly body: OpenAI.ChatCompletion } | null
  readonly error: unknown
}

async function linesOf<Line>(client: OpenAI, fileId: string | null | undefined): Promise<Line[]> {
  assert.ok(fileId, 'there is no file')
  const content = await (await client.files.content(fileId)).text()
  return content
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
}

flow('a batch of a file becomes a file of answers, one for each line', async ({ client, middle }) => {
  const count = 40
  const line = (index: number): object => ({
    custom_id: `line-${index}`,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model, temperature: index === 7 ? 9 : 1, messages: [{ role: 'user', content: `Reply with exactly: pong ${index}` }] },
  })
  const sent = jsonLines(Array.from({ length: count }, (_, index) => line(index)))
  const input = await client().files.create({ file: await named('batch.jsonl', sent), purpose: 'batch' })
  const { id } = await client().batches.create({ input_file_id: input.id, endpoint: '/v1/chat/completions', completion_window: '24h' })
  await until(
    () => client().batches.retrieve(id),
    ({ status }) => status !== 'validating',
  )
  await middle()
  const batch = await until(
    () => client().batches.retrieve(id),
    ({ status }) => ['completed', 'failed'].includes(status),
  )
  assert.deepEqual([batch.status, batch.request_counts], ['completed', { total: count, completed: count - 1, failed: 1 }])
  const answers = await linesOf<BatchLine>(client(), batch.output_file_id)
  const texts = new Map(answers.map((each) => [each.custom_id, each.response?.body.choices[0]?.message.content]))
  const wanted = Array.from({ length: count }, (_, index) => [`line-${index}`, `pong ${index}`] as const).filter(
    ([name]) => name !== 'line-7',
  )
  assert.deepEqual(Object.fromEntries(texts), Object.fromEntries(wanted))
  assert.equal(answers.length, count - 1, 'no line is answered twice')
  const failures = await linesOf<BatchLine>(client(), batch.error_file_id)
  assert.deepEqual(
    failures.map(({ custom_id: name, response }) => [name, response?.status_code]),
    [['line-7', 400]],
  )
  assert.equal(await (await client().files.content(input.id)).text(), sent)
})

flow('parts uploaded at once become a file, a vector store, and an answer that cites it', async ({ client, middle }) => {
  const facts = [
    'The grey heron eats fish, frogs and voles.',
    'The kingfisher is blue and dives from a branch.',
    'A stork claps its beak instead of singing.',
  ]
  const parts = facts.map((fact) => Buffer.from(`${fact}\n\n${'Nothing else is told here. '.repeat(400)}\n\n`))
  const whole = Buffer.concat(parts)
  const upload = await client().uploads.create({
    bytes: whole.length,
    filename: 'birds.txt',
    mime_type: 'text/plain',
    purpose: 'assistants',
  })
  const ids: string[] = []
  await Promise.all(
    parts.toReversed().map(async (part, index) => {
      const made = await client().uploads.parts.create(upload.id, { data: await named('part', part) })
      ids[parts.length - 1 - index] = made.id
    }),
  )
  await middle()
  const md5 = createHash('md5').update(whole).digest('hex')
  const { file } = await client().uploads.complete(upload.id, { part_ids: ids, md5 })
  assert.equal(file?.bytes, whole.length)
  const store = await client().vectorStores.create({ name: 'birds', file_ids: [file.id] })
  await until(
    () => client().vectorStores.retrieve(store.id),
    ({ file_counts: counts }) => counts.completed === 1,
  )
  const question = 'What does the grey heron eat?'
  const [hit] = await all(client().vectorStores.search(store.id, { query: question, max_num_results: 1 }))
  assert.equal(hit?.file_id, file.id)
  assert.match(hit.content[0]?.text ?? '', /fish, frogs and voles/)
  const answer = await client().responses.create({
    model,
    input: question,
    tools: [{ type: 'file_search', vector_store_ids: [store.id] }],
    include: ['file_search_call.results'],
  })
  const call = answer.output.find((item) => item.type === 'file_search_call')
  assert.equal(call?.results?.[0]?.file_id, file.id)
  assert.match(answer.output_text, /fish, frogs and voles/)
  const cited = answer.output
    .flatMap((item) => (item.type === 'message' ? item.content : []))
    .flatMap((part) => (part.type === 'output_text' ? part.annotations : []))
  assert.ok(cited.some((annotation) => annotation.type === 'file_citation' && annotation.file_id === file.id))
})

flow('files go into a container, code makes another there, and all come out as they went in', async ({ client, middle }) => {
  const container = await client().containers.create({ name: 'workshop' })
  const sent = randomBytes(300_000)
  const put = await client().containers.files.create(container.id, { file: await named('noise.bin', sent) })
  const answer = await client().responses.create({
    model,
    input: 'Write a file called answer.txt with the text "forty-two".',
    tools: [{ type: 'code_interpreter', container: container.id }],
    include: ['code_interpreter_call.outputs'],
  })
  const call = answer.output.find((item) => item.type === 'code_interpreter_call')
  assert.equal(call?.container_id, container.id)
  await middle()
  const files = await all(client().containers.files.list(container.id))
  const made = files.find(({ source }) => source === 'assistant')
  assert.ok(made, `code left no file: ${files.map(({ path }) => path).join(' ')}`)
  const read = async (id: string): Promise<Buffer> => {
    const content = await client().containers.files.content.retrieve(id, { container_id: container.id })
    return Buffer.from(await content.arrayBuffer())
  }
  assert.ok(sent.equals(await read(put.id)), 'the bytes are those that went in')
  assert.match((await read(made.id)).toString(), /^forty-two\n$/)
  await client().containers.files.delete(put.id, { container_id: container.id })
  await assert.rejects(read(put.id), OpenAI.NotFoundError)
  await client().containers.delete(container.id)
  await assert.rejects(client().containers.retrieve(container.id), OpenAI.NotFoundError)
})

flow('a film is made, its progress seen, and can be watched, remixed and deleted', async ({ client, middle }) => {
  const made = await client().videos.create({ model: 'sora-2', prompt: 'a heron takes off', seconds: '4', size: '720x1280' })
  assert.equal(made.status, 'queued')
  await assert.rejects(client().videos.downloadContent(made.id), OpenAI.APIError)
  await until(
    () => client().videos.retrieve(made.id),
    ({ status }) => status !== 'queued',
  )
  await middle()
  const progress: number[] = []
  const film = await until(
    async () => {
      const seen = await client().videos.retrieve(made.id)
      progress.push(seen.progress)
      return seen
    },
    ({ status }) => status === 'completed' || status === 'failed',
  )
  assert.equal(film.status, 'completed')
  assert.equal(progress.at(-1), 100)
  assert.deepEqual(
    progress,
    progress.toSorted((one, other) => one - other),
    'progress never goes back',
  )
  const content = async (variant: 'video' | 'thumbnail' | 'spritesheet'): Promise<Buffer> =>
    Buffer.from(await (await client().videos.downloadContent(made.id, { variant })).arrayBuffer())
  assert.equal((await content('video')).subarray(4, 8).toString('latin1'), 'ftyp')
  assert.equal((await content('thumbnail')).subarray(8, 12).toString('latin1'), 'WEBP')
  assert.deepEqual([...(await content('spritesheet')).subarray(0, 3)], [0xff, 0xd8, 0xff])
  const remix = await client().videos.remix(made.id, { prompt: 'at night' })
  assert.equal(remix.remixed_from_video_id, made.id)
  await client().videos.delete(made.id)
  await assert.rejects(client().videos.retrieve(made.id), OpenAI.NotFoundError)
})
