// Every wrapper against the emulator, as ChatGPT would use it: JSON in, the real thing upstream, an answer that fits.
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { after, before, describe, test } from 'node:test'
import { wrappers, type WrapperId } from '../../src/actions/wrappers.ts'
import { eventually } from '../harness/expect.ts'
import { fileHostName, startFileHost, type FileHost } from '../harness/file-host.ts'
import { startWorld, type World } from '../harness/world.ts'

type Json = Record<string, unknown>
type Reply = { readonly status: number; readonly headers: Headers; readonly text: string; readonly json: Json }

const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe('the wrappers', { concurrency: false }, () => {
  let world: World
  let host: FileHost
  before(async () => {
    host = await startFileHost()
    world = await startWorld({ upstream: 'emulator', network: host.network })
  })
  after(async () => {
    await world[Symbol.asyncDispose]()
    await host[Symbol.asyncDispose]()
  })

  const covered = new Set<WrapperId>()
  const send = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> => {
    const response = await fetch(world.url + path, {
      method,
      headers: {
        authorization: `Bearer ${world.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: (response.headers.get('content-type') ?? '').startsWith('application/json') ? (JSON.parse(text) as Json) : {},
    }
  }
  /** Calls a wrapper and insists on success within the limits of an action. */
  const act = async (id: WrapperId, params: Record<string, string>, body?: unknown, query = ''): Promise<Json> => {
    covered.add(id)
    const row = wrappers.find((each) => each.id === id)
    assert.ok(row)
    const path = row.path.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '')
    const reply = await send(row.method, path + query, body)
    assert.equal(reply.status, 200, `${id}: ${reply.text.slice(0, 500)}`)
    assert.ok('openaiFileResponse' in reply.json || reply.text.length <= 100_000, `${id} answers ${reply.text.length} characters`)
    assert.match(reply.headers.get('x-relay-request-id') ?? '', /^req_/)
    for (const name of row.answer.required) assert.ok(name in reply.json, `${id} answers no ${name}`)
    return reply.json
  }
  const idOf = (value: unknown): string => String((value as Json)['id'])
  const filesOf = (value: Json): { name: string; mime_type: string; content: string }[] =>
    value['openaiFileResponse'] as { name: string; mime_type: string; content: string }[]
  const contentOf = async (id: string): Promise<string> => (await send('GET', `/v1/files/${id}/content`)).text
  const refs = (...names: string[]): Json[] =>
    names.map((name) => ({ name, id: `file-${name}`, mime_type: 'text/plain', download_link: `https://${fileHostName}/${name}?sig=1` }))

  test('a file comes in as base64 and is the same bytes upstream', async () => {
    const file = await act(
      'actions.files.upload',
      {},
      { purpose: 'batch', filename: 'wörter "x".jsonl', mime_type: 'application/jsonl', data_base64: base64('{"ä":1}\n') },
    )
    assert.equal(file['bytes'], 9)
    assert.equal(file['purpose'], 'batch')
    assert.equal(await contentOf(idOf(file)), '{"ä":1}\n')
  })

  test('files of the conversation come in by their links', async () => {
    host.answer((incoming, outgoing) => outgoing.end(`content of ${incoming.url}`))
    const list = await act('actions.files.upload', {}, { purpose: 'evals', openaiFileIdRefs: refs('a.jsonl', 'b.jsonl', 'c.jsonl') })
    const files = list['data'] as Json[]
    assert.deepEqual(
      files.map((file) => file['filename']),
      ['a.jsonl', 'b.jsonl', 'c.jsonl'],
    )
    assert.equal(files.length, 3)
    const one = await act('actions.files.upload', {}, { purpose: 'batch', openaiFileIdRefs: [`https://${fileHostName}/plain/link.jsonl`] })
    assert.equal(one['filename'], 'link.jsonl')
    assert.equal(await contentOf(idOf(one)), 'content of /plain/link.jsonl')
  })

  test('a large file of the conversation streams through', async () => {
    const block = Buffer.alloc(65_536, 'x')
    host.answer((_, outgoing) => {
      outgoing.setHeader('content-length', block.length * 320)
      Readable.from(Array.from({ length: 320 }, () => block)).pipe(outgoing)
    })
    const file = await act('actions.files.upload', {}, { purpose: 'batch', openaiFileIdRefs: refs('large.jsonl') })
    assert.equal(file['bytes'], 20_971_520)
  })

  test('content is read as pages of text that join to the file', async () => {
    const text = `${'Zeile mit "Zeichen" und Umlauten: äöü€😀\n'.repeat(8000)}end`
    const id = idOf(await act('actions.files.upload', {}, { purpose: 'batch', filename: 'long.txt', data_base64: base64(text) }))
    let joined = ''
    let offset: unknown = 0
    let pages = 0
    do {
      const page = await act('actions.files.content', { file_id: id }, undefined, `?offset=${String(offset)}`)
      joined += String(page['content'])
      assert.equal(page['has_more'], page['next_offset'] !== null)
      offset = page['next_offset']
      pages++
    } while (offset !== null && pages < 20)
    assert.ok(joined === text, `${joined.length} of ${text.length} characters`)
    assert.ok(pages > 3)
  })

  test('content that is no text is handed over as a file', async () => {
    const bytes = Buffer.from([0, 1, 2, 255, 254])
    const id = idOf(
      await act('actions.files.upload', {}, { purpose: 'batch', filename: 'data.zip', data_base64: bytes.toString('base64') }),
    )
    assert.deepEqual(filesOf(await act('actions.files.content', { file_id: id })), [
      { name: 'data.zip', mime_type: 'application/zip', content: bytes.toString('base64') },
    ])
    assert.equal((await send('GET', `/v1/actions/files/${id}/content?as=text`)).status, 400)
    assert.equal(filesOf(await act('actions.files.contents', {}, { file_ids: [id, id] })).length, 2)
  })

  test('an upload of parts is made, joined and given up', async () => {
    const upload = { purpose: 'batch', filename: 'parts.jsonl', bytes: 10, mime_type: 'application/jsonl' }
    const id = idOf(await act('actions.uploads.create', {}, upload))
    host.answer((_, outgoing) => outgoing.end('world'))
    const first = idOf(
      await act('actions.uploads.part', { upload_id: id }, { filename: 'p', mime_type: 'text/plain', data_base64: base64('hello') }),
    )
    const second = idOf(await act('actions.uploads.part', { upload_id: id }, { openaiFileIdRefs: refs('p2') }))
    const done = await act('actions.uploads.complete', { upload_id: id }, { part_ids: [first, second] })
    assert.equal(await contentOf(idOf(done['file'])), 'helloworld')
    const other = idOf(await act('actions.uploads.create', {}, upload))
    assert.equal((await act('actions.uploads.cancel', { upload_id: other }))['status'], 'cancelled')
    const third = idOf(await act('actions.uploads.create', {}, upload))
    assert.equal((await act('actions.uploads.cancel', { upload_id: third }, {}))['status'], 'cancelled')
  })

  test('a list of requests becomes a batch, and its results come in pages', async () => {
    const requests = Array.from({ length: 7 }, (_, at) => ({
      ...(at === 3 ? {} : { custom_id: `mine-${at}` }),
      body: { model: 'gpt-5', input: `question ${at}` },
    }))
    const batch = await act('actions.batches.create', {}, { endpoint: '/v1/responses', requests, metadata: { by: 'test' } })
    assert.deepEqual(batch['metadata'], { by: 'test' })
    const lines = (await contentOf(String(batch['input_file_id'])))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Json)
    assert.deepEqual(lines[3], {
      custom_id: 'request-4',
      method: 'POST',
      url: '/v1/responses',
      body: { model: 'gpt-5', input: 'question 3' },
    })
    await eventually(
      'the batch is completed',
      async () => (await act('actions.batches.results', { batch_id: idOf(batch) }))['status'] === 'completed',
    )
    const seen: string[] = []
    let next: unknown = 0
    do {
      const page = await act('actions.batches.results', { batch_id: idOf(batch) }, undefined, `?limit=3&after=${String(next)}`)
      seen.push(...(page['data'] as Json[]).map((each) => String(each['custom_id'])))
      next = page['next_after']
    } while (next !== null && seen.length < 20)
    assert.deepEqual(seen.toSorted(), ['mine-0', 'mine-1', 'mine-2', 'mine-4', 'mine-5', 'mine-6', 'request-4'])
  })

  test('images are made, edited and varied, and handed over as files', async () => {
    const [picture] = filesOf(await act('actions.images.generate', {}, { prompt: 'a cat', model: 'gpt-image-1' }))
    assert.ok(picture)
    const bytes = Buffer.from(picture.content, 'base64')
    assert.equal(bytes.toString('latin1', 1, 4), 'PNG')
    host.answer((_, outgoing) => outgoing.end(bytes))
    const edited = await act(
      'actions.images.edit',
      {},
      { prompt: 'a dog', model: 'gpt-image-1', openaiFileIdRefs: refs('cat.png', 'mask.png') },
    )
    assert.equal(filesOf(edited).length, 1)
    assert.ok(!JSON.stringify(edited['data']).includes('b64_json'))
    await act('actions.images.edit', {}, { prompt: 'a dog', image_url: `https://${fileHostName}/cat.png`, mask_base64: picture.content })
    const varied = await act(
      'actions.images.variation',
      {},
      { image_base64: `data:image/png;base64,${picture.content}`, n: 2, response_format: 'b64_json', unknown: 'is ignored' },
    )
    assert.equal(filesOf(varied).length, 2)
  })

  test('a text is spoken, and the recording heard', async () => {
    const [recording] = filesOf(await act('actions.audio.speak', {}, { input: 'good morning', model: 'gpt-4o-mini-tts', voice: 'alloy' }))
    assert.equal(recording?.mime_type, 'audio/mpeg')
    const heard = await act(
      'actions.audio.transcribe',
      {},
      { model: 'whisper-1', data_base64: recording?.content, filename: 'a.mp3', language: 'en' },
    )
    assert.equal(heard['text'], 'good morning')
    host.answer((_, outgoing) => outgoing.end(Buffer.from(recording?.content ?? '', 'base64')))
    await act('actions.audio.translate', {}, { model: 'whisper-1', openaiFileIdRefs: refs('a.mp3') })
  })

  test('a video is made by either path, handed over and remixed', async () => {
    const id = idOf(await act('actions.videos.create', {}, { prompt: 'a river' }))
    await eventually('the video is completed', async () => (await send('GET', `/v1/videos/${id}`)).json['status'] === 'completed')
    const [video] = filesOf(await act('actions.videos.content', { video_id: id }))
    assert.equal(video?.mime_type, 'video/mp4')
    const [thumbnail] = filesOf(await act('actions.videos.content', { video_id: id }, undefined, '?variant=thumbnail'))
    assert.match(thumbnail?.mime_type ?? '', /^image\//)
    assert.equal((await act('actions.videos.remix', { video_id: id }, { prompt: 'at night' }))['remixed_from_video_id'], id)
    assert.equal(
      (await act('actions.videos.generate', {}, { prompt: 'a river', model: 'sora-2', size: '1280x720', seconds: 8, frames: 10 }))[
        'seconds'
      ],
      '8',
    )
  })

  test('files are uploaded and attached to a vector store in one call', async () => {
    const store = idOf((await send('POST', '/v1/vector_stores', { name: 'notes' })).json)
    host.answer((incoming, outgoing) => outgoing.end(`notes about ${incoming.url}`))
    const attached = (
      await act(
        'actions.vector_stores.attach',
        { vector_store_id: store },
        { openaiFileIdRefs: refs('a.txt', 'b.txt'), attributes: { by: 'test' } },
      )
    )['data'] as Json[]
    assert.equal(attached.length, 2)
    assert.deepEqual(attached[0]?.['attributes'], { by: 'test' })
    assert.equal(((await send('GET', `/v1/vector_stores/${store}/files`)).json['data'] as Json[]).length, 2)
  })

  test('a file of a container is read', async () => {
    const container = idOf((await send('POST', '/v1/containers', { name: 'box' })).json)
    const form = new FormData()
    form.set('file', new Blob(['inside']), 'note.txt')
    const put = (await (
      await fetch(`${world.url}/v1/containers/${container}/files`, {
        method: 'POST',
        headers: { authorization: `Bearer ${world.token}` },
        body: form,
      })
    ).json()) as Json
    assert.equal((await act('actions.containers.content', { container_id: container, file_id: idOf(put) }))['content'], 'inside')
    const [file] = filesOf(await act('actions.containers.content', { container_id: container, file_id: idOf(put) }, undefined, '?as=file'))
    assert.match(file?.name ?? '', /note\.txt$/)
    assert.equal(file?.mime_type, 'text/plain')
  })

  test('a response is streamed at its old path, or answered whole where the body says so', async () => {
    covered.add('actions.responses.stream')
    for (const path of ['/v1/responses:stream', '/responses:stream', '/v1/responses%3Astream']) {
      const reply = await send('POST', path, { model: 'gpt-5', input: 'hello' })
      assert.equal(reply.headers.get('content-type')?.split(';')[0], 'text/event-stream')
      assert.match(reply.text, /^event: response\.created\n[\s\S]*event: response\.completed\n/)
    }
    assert.equal((await send('POST', '/v1/responses:stream', { model: 'gpt-5', input: 'hello', stream: false })).json['object'], 'response')
  })

  test('a stream of a response is collected into one answer, and polled by its id', async () => {
    const response = await act('actions.responses.collect', {}, { model: 'gpt-5', input: [{ role: 'user', content: 'hello' }] })
    assert.equal(response['status'], 'completed')
    assert.deepEqual((await act('actions.responses.poll', { response_id: idOf(response) }))['output'], response['output'])
    assert.match(
      (await send('POST', '/v1/actions/responses/stream', { model: 'gpt-5', input: 'hello' }, { accept: 'text/event-stream' })).text,
      /^event: /,
    )
  })

  test('the proxy finds what the wrappers made', async () => {
    covered.add('actions.proxy')
    const reply = await send('POST', '/v1/proxy', { method: 'GET', path: 'files', query_params: { limit: 1 } })
    assert.equal((reply.json['data'] as Json[]).length, 1)
  })

  test('every wrapper was called', () => {
    assert.deepEqual([...covered].toSorted(), wrappers.map(({ id }) => id).toSorted())
  })

  test('an unknown action, a wrong method and no token are refused like anywhere', async () => {
    assert.equal((await send('POST', '/v1/actions/nothing', {})).status, 404)
    const wrong = await send('GET', '/v1/actions/files/upload')
    assert.deepEqual([wrong.status, wrong.headers.get('allow')], [405, 'POST'])
    assert.equal((await fetch(`${world.url}/v1/actions/files/upload`, { method: 'POST' })).status, 401)
  })
})
