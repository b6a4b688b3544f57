// What a wrapper refuses and with which words, what happens when time runs out, and that no body makes it fail.
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { after, before, describe, test } from 'node:test'
import { wrappers, type Wrapper } from '../../src/actions/wrappers.ts'
import { eventually, openAiError } from '../harness/expect.ts'
import { fileHostName, startFileHost, type FileHost } from '../harness/file-host.ts'
import { valuesOf } from '../harness/http-bytes.ts'
import { ask, rawClient, requestBytes, type Answer } from '../harness/raw-client.ts'
import { answering, okScript, rawUpstream, type RawUpstream } from '../harness/raw-upstream.ts'
import { startWorld, type World } from '../harness/world.ts'

const rows: readonly Wrapper[] = wrappers
const base64 = (bytes: number): string => Buffer.alloc(bytes, 'x').toString('base64')
const pathOf = (row: Wrapper): string => row.path.replace(/\{\w+\}/g, 'id-1')
const mebibyte = 1_048_576

describe('the limits of the wrappers', { concurrency: false }, () => {
  let upstream: RawUpstream
  let host: FileHost
  let world: World
  before(async () => {
    upstream = await rawUpstream()
    host = await startFileHost()
    world = await startWorld({ upstream, network: host.network })
  })
  after(async () => {
    await world[Symbol.asyncDispose]()
    await host[Symbol.asyncDispose]()
    await upstream[Symbol.asyncDispose]()
  })

  const post = (path: string, body: unknown, contentType = 'application/json'): Promise<Answer> =>
    ask(world.port, {
      method: 'POST',
      path,
      token: world.token,
      headers: [['Content-Type', contentType]],
      body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    })

  const upload = '/v1/actions/files/upload'
  const part = '/v1/actions/uploads/upload_1/parts'
  const edits = '/v1/actions/images/edits'
  const variations = '/v1/actions/images/variations'
  const videos = '/v1/actions/videos/generations'
  const batches = '/v1/actions/batches'
  const file = { purpose: 'user_data', filename: 'a.txt', mime_type: 'text/plain' }
  const link = (url: string): object[] => [{ name: 'a', id: 'file-1', mime_type: 'text/plain', download_link: url }]

  const refusals: readonly (readonly [what: string, path: string, body: unknown, status: number, message: RegExp, param?: string])[] = [
    ['an unknown key', upload, { ...file, data_base64: 'eA==', extra: 1 }, 400, /^Unknown parameter: 'extra'\.$/, 'extra'],
    ['no purpose', upload, { filename: 'a', data_base64: 'eA==' }, 400, /^Missing required parameter: 'purpose'\.$/, 'purpose'],
    ['another purpose', upload, { ...file, purpose: 'mine', data_base64: 'eA==' }, 400, /expected one of assistants/, 'purpose'],
    ['a purpose that is no text', upload, { ...file, purpose: 7, data_base64: 'eA==' }, 400, /expected a string/, 'purpose'],
    ['no content', upload, file, 400, /'data_base64'/, 'data_base64'],
    ['no name', upload, { purpose: 'user_data', data_base64: 'eA==' }, 400, /'filename'/, 'filename'],
    [
      'both ways of content',
      upload,
      { ...file, data_base64: 'eA==', openaiFileIdRefs: link(`https://${fileHostName}/x`) },
      400,
      /not both/,
      'data_base64',
    ],
    ['bad base64', upload, { ...file, data_base64: 'not base64!' }, 400, /^Invalid base64 in data_base64$/],
    ['base64 of the URL kind', upload, { ...file, data_base64: '-_-_' }, 400, /^Invalid base64 in data_base64$/],
    ['base64 with its end missing', upload, { ...file, data_base64: 'abcde' }, 400, /^Invalid base64 in data_base64$/],
    ['an empty file', upload, { ...file, data_base64: '' }, 400, /^Empty file upload is not allowed$/],
    [
      'a file over 10 MiB',
      upload,
      { ...file, data_base64: base64(10 * mebibyte + 1) },
      413,
      /^File too large for Actions wrapper \(>10485760 bytes\)$/,
    ],
    [
      'eleven files',
      upload,
      { purpose: 'user_data', openaiFileIdRefs: Array.from({ length: 11 }, () => link(`https://${fileHostName}/x`)[0]) },
      400,
      /more than 10 items/,
      'openaiFileIdRefs',
    ],
    ['no files in the list', upload, { purpose: 'user_data', openaiFileIdRefs: [] }, 400, /fewer than 1 items/, 'openaiFileIdRefs'],
    [
      'a file without a link',
      upload,
      { purpose: 'user_data', openaiFileIdRefs: [{ id: 'file-1' }] },
      400,
      /^openaiFileIdRefs\[0\]\.download_link is required$/,
      'openaiFileIdRefs[0].download_link',
    ],
    [
      'a link to another host',
      upload,
      { purpose: 'user_data', openaiFileIdRefs: link('https://evil.example/x') },
      400,
      /^Refusing to fetch file URL from an untrusted host$/,
    ],
    [
      'a link without encryption',
      upload,
      { purpose: 'user_data', openaiFileIdRefs: link(`http://${fileHostName}/x`) },
      400,
      /^Only https URLs are supported$/,
    ],
    ['an empty part', part, { data_base64: '' }, 400, /^Empty upload part is not allowed$/],
    ['a bad part', part, { data_base64: '*' }, 400, /^Invalid data_base64: /],
    ['a part over 10 MiB', part, { data_base64: base64(10 * mebibyte + 1) }, 413, /^Upload part too large \(>10485760 bytes\)$/],
    [
      'an upload without a size',
      '/v1/actions/uploads',
      { purpose: 'batch', filename: 'a', mime_type: 'text/plain' },
      400,
      /'bytes'/,
      'bytes',
    ],
    ['an upload of half a byte', '/v1/actions/uploads', { ...file, bytes: 0.5 }, 400, /expected an integer/, 'bytes'],
    ['a completion without parts', '/v1/actions/uploads/upload_1/complete', {}, 400, /'part_ids'/, 'part_ids'],
    ['a part id that is no text', '/v1/actions/uploads/upload_1/complete', { part_ids: [1] }, 400, /expected a string/, 'part_ids[0]'],
    ['an edit without a prompt', edits, { image_base64: 'eA==' }, 400, /'prompt'/, 'prompt'],
    ['no image', variations, {}, 400, /^Missing image input$/],
    ['an image that is none', variations, { image_base64: base64(100) }, 400, /^Uploaded image must be a PNG$/],
    ['an edit of what is no image', edits, { prompt: 'x', image_base64: base64(100) }, 400, /^Uploaded image must be a PNG, JPEG or WebP$/],
    ['an image over 4 MB', variations, { image_base64: base64(4_194_305) }, 400, /^Image exceeds 4 MB limit$/],
    ['an image in bad base64', variations, { image_base64: '!' }, 400, /^Invalid image_base64: /],
    ['a link of an image that is no text', variations, { image_url: 7 }, 400, /expected a string/, 'image_url'],
    ['a form field that is an object', variations, { image_base64: 'eA==', size: {} }, 400, /expected a string/, 'size'],
    ['a video without a prompt', videos, {}, 400, /'prompt'/, 'prompt'],
    ['another video model', videos, { prompt: 'x', model: 'sora-9' }, 400, /expected one of sora-2/, 'model'],
    ['another size', videos, { prompt: 'x', size: '1x1' }, 400, /expected one of 720x1280/, 'size'],
    ['another length', videos, { prompt: 'x', seconds: 5 }, 400, /expected one of 4, 8, 12/, 'seconds'],
    ['too many frames', videos, { prompt: 'x', frames: 301 }, 400, /from 1 to 300/, 'frames'],
    [
      'a clip over 25 MiB',
      videos,
      { prompt: 'x', data_base64: base64(25 * mebibyte + 1) },
      413,
      /^Input too large for Actions wrapper \(>26214400 bytes\)$/,
    ],
    ['a recording from nowhere', '/v1/actions/audio/transcriptions', { model: 'whisper-1' }, 400, /'openaiFileIdRefs'/, 'openaiFileIdRefs'],
    [
      'speech of 5,000 characters',
      '/v1/actions/audio/speech',
      { model: 'tts-1', voice: 'alloy', input: 'x'.repeat(5000) },
      400,
      /longer than 4096/,
      'input',
    ],
    ['a batch of nothing', batches, { endpoint: '/v1/responses', requests: [] }, 400, /fewer than 1 items/, 'requests'],
    ['a batch to anywhere', batches, { endpoint: '/v1/files', requests: [{ body: {} }] }, 400, /expected one of/, 'endpoint'],
    [
      'a request without a body',
      batches,
      { endpoint: '/v1/responses', requests: [{ custom_id: 'a' }] },
      400,
      /Missing/,
      'requests[0].body',
    ],
    [
      'a request with a path of its own',
      batches,
      { endpoint: '/v1/responses', requests: [{ body: {}, url: '/v1/files' }] },
      400,
      /Unknown/,
      'requests[0].url',
    ],
    [
      'two requests of one name',
      batches,
      {
        endpoint: '/v1/responses',
        requests: [
          { custom_id: 'a', body: {} },
          { custom_id: 'a', body: {} },
        ],
      },
      400,
      /has the same/,
      'requests[1].custom_id',
    ],
    [
      'a batch that streams',
      batches,
      { endpoint: '/v1/responses', requests: [{ body: { stream: true } }] },
      400,
      /cannot stream/,
      'requests[0].body.stream',
    ],
    [
      'eleven contents',
      '/v1/actions/files/contents',
      { file_ids: Array.from({ length: 11 }, () => 'file-1') },
      400,
      /more than 10 items/,
      'file_ids',
    ],
    ['an id that is a path', '/v1/actions/files/contents', { file_ids: ['../models'] }, 400, /it is no id/, 'file_id'],
    ['an id that is encoded', '/v1/actions/uploads/upload%5f1/cancel', {}, 400, /it is no id/, 'upload_id'],
    ['a list as a body', upload, '[]', 400, /must be a JSON object/],
    ['a broken body', upload, '{"purpose":', 400, /not valid JSON/],
  ]
  for (const [what, path, body, status, message, param = null] of refusals) {
    test(`${path}: ${what} is refused with ${status}, and the upstream hears nothing`, async () => {
      upstream.clear()
      const error = openAiError(await post(path, body), status)
      assert.match(error.message, message)
      assert.equal(error.param, param)
      assert.equal(upstream.requests.length, 0)
    })
  }

  test('a query is held against its row', async () => {
    const get = (path: string): Promise<Answer> => ask(world.port, { path, token: world.token })
    for (const query of ['x=1', 'offset=-1', 'offset=a', 'offset=1&offset=2', 'as=pdf', 'offset=1e3'])
      openAiError(await get(`/v1/actions/files/file-1/content?${query}`), 400)
  })

  test('a body is JSON, not encoded, and no longer than any JSON body', async () => {
    openAiError(await post(upload, 'x', 'text/plain'), 415)
    openAiError(await post(upload, 'x', 'multipart/form-data; boundary=b'), 415)
    openAiError(
      await ask(world.port, {
        method: 'POST',
        path: upload,
        token: world.token,
        headers: [
          ['Content-Type', 'application/json'],
          ['Content-Encoding', 'gzip'],
        ],
        body: 'x',
      }),
      415,
    )
    openAiError(
      await ask(world.port, {
        method: 'POST',
        path: upload,
        token: world.token,
        headers: [
          ['Content-Type', 'application/json'],
          ['Content-Length', '99999999999'],
        ],
      }),
      413,
    )
    openAiError(
      await ask(world.port, {
        path: '/v1/actions/files/f/content',
        token: world.token,
        headers: [['Content-Type', 'application/json']],
        body: '{}',
      }),
      415,
    )
  })

  test('the largest file goes through, in a form with a boundary and a length of its own', async () => {
    upstream.clear()
    upstream.script(okScript)
    const answer = await post(upload, { ...file, data_base64: base64(10 * mebibyte) })
    assert.equal(answer.status, 200)
    const [request] = upstream.requests
    assert.ok(request)
    const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(valuesOf(request.headers, 'content-type')[0] ?? '')?.[1]
    assert.ok(boundary)
    assert.equal(request.framing, 'length')
    assert.ok(request.bodyBytes > 10 * mebibyte)
    assert.ok(
      request.body
        .toString('latin1', 0, 500)
        .startsWith(
          `--${boundary}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nuser_data\r\n--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nxxx`,
        ),
    )
  })

  test('an error of the upstream passes through a wrapper as it came', async () => {
    upstream.script(
      answering(
        'HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json\r\nretry-after: 3\r\nx-request-id: req_up\r\ncontent-length: 11\r\n\r\n{"error":1}',
      ),
    )
    const answer = await post(upload, { ...file, data_base64: 'eA==' })
    assert.deepEqual(
      [answer.status, answer.body.toString(), valuesOf(answer.headers, 'retry-after'), valuesOf(answer.headers, 'x-request-id')],
      [429, '{"error":1}', ['3'], ['req_up']],
    )
    upstream.script(okScript)
  })

  test('an answer of more than 100,000 characters is refused with a way on', async () => {
    const body = JSON.stringify({ text: 'x'.repeat(100_001) })
    upstream.script(answering(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`))
    assert.equal(
      openAiError(await post('/v1/actions/audio/transcriptions', { model: 'whisper-1', data_base64: 'eA==' }), 413).code,
      'answer_too_large',
    )
    upstream.script(okScript)
  })

  test('a long response is read on by its offset', async () => {
    const text = 'wörter '.repeat(30_000)
    const body = JSON.stringify({
      id: 'resp_1',
      object: 'response',
      status: 'completed',
      output: [{ type: 'message', content: [{ type: 'output_text', text }] }],
    })
    upstream.script(
      answering(
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`,
        Buffer.from(body),
      ),
    )
    let joined = ''
    for (let offset: number | null = 0; offset !== null;) {
      const answer = await ask(world.port, { path: `/v1/actions/responses/resp_1?offset=${offset}`, token: world.token })
      assert.ok(answer.body.toString().length <= 100_000)
      const page = JSON.parse(answer.body.toString()) as { output_text: string; next_offset: number | null; has_more: boolean }
      assert.equal(page.has_more, page.next_offset !== null)
      joined += page.output_text
      offset = page.next_offset
    }
    assert.ok(joined === text)
    upstream.script(okScript)
  })

  test('a file that turns out too large on its way is given up with 413', async () => {
    upstream.script(okScript)
    host.answer((_, outgoing) => {
      Readable.from(Array.from({ length: 30 }, () => Buffer.alloc(mebibyte))).pipe(outgoing)
    })
    const answer = await post('/v1/actions/audio/transcriptions', {
      model: 'whisper-1',
      openaiFileIdRefs: link(`https://${fileHostName}/long.mp3`),
    })
    assert.equal(openAiError(answer, 413).message, 'File too large for Actions wrapper (>26214400 bytes)')
    host.answer((_, outgoing) => outgoing.end('x'))
  })

  test('a client that leaves takes its inner call and the upstream exchange with it', async () => {
    upstream.clear()
    upstream.script((exchange) => exchange.gone)
    const client = await rawClient(world.port)
    await client.send(
      requestBytes({
        method: 'POST',
        path: '/v1/actions/images/generations',
        token: world.token,
        headers: [['Content-Type', 'application/json']],
        body: '{"prompt":"x"}',
      }),
    )
    await upstream.request(1)
    client.reset()
    await eventually('the upstream sees it leave', () => upstream.openConnections() === 0)
    upstream.script(okScript)
  })

  for (const row of rows.filter(({ request }) => request !== null)) {
    test(`${row.id}: fifty malformed bodies, and no failure of ours`, async () => {
      upstream.script(okScript)
      const bodies = malformedBodies(row)
      assert.ok(bodies.length >= 50)
      for (const body of bodies) {
        const answer = await post(pathOf(row), body)
        assert.ok(answer.status < 500, `${answer.status} for ${body.toString().slice(0, 120)}: ${answer.body.toString().slice(0, 200)}`)
        if (answer.status >= 400) openAiError(answer)
      }
    })
  }
})

describe('the time of an action', { concurrency: false }, () => {
  test('what takes longer and leaves no id is refused with 504; a stream is not hurried', async () => {
    await using upstream = await rawUpstream((exchange) => exchange.gone)
    await using world = await startWorld({ upstream, settings: { actionsAnswerMs: 200 } })
    const send = (path: string, body: object): Promise<Answer> =>
      ask(world.port, {
        method: 'POST',
        path,
        token: world.token,
        headers: [['Content-Type', 'application/json']],
        body: JSON.stringify(body),
      })
    assert.equal(openAiError(await send('/v1/actions/images/generations', { prompt: 'x' }), 504).code, 'answer_timeout')
    await eventually('the upstream exchange ends too', () => upstream.openConnections() === 0)
    upstream.script(async (exchange) => {
      await exchange.whole
      await exchange.pause(500)
      await exchange.send('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}')
    })
    assert.equal((await send('/v1/proxy', { method: 'GET', path: '/v1/models' })).status, 200)
  })

  test('a response that takes longer is handed over by its id, and one that is not kept is refused', async () => {
    await using upstream = await rawUpstream(async (exchange) => {
      await exchange.whole
      const event = JSON.stringify({
        type: 'response.created',
        response: { id: 'resp_9', object: 'response', status: 'in_progress', output: [] },
      })
      await exchange.send('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n')
      const text = `event: response.created\ndata: ${event}\n\n`
      await exchange.send(`${text.length.toString(16)}\r\n${text}\r\n`)
      await exchange.gone
    })
    await using world = await startWorld({ upstream, settings: { actionsAnswerMs: 300 } })
    const send = (body: object): Promise<Answer> =>
      ask(world.port, {
        method: 'POST',
        path: '/v1/actions/responses/stream',
        token: world.token,
        headers: [['Content-Type', 'application/json']],
        body: JSON.stringify(body),
      })
    const answer = await send({ model: 'gpt-5', input: 'x' })
    assert.equal(answer.status, 200, answer.body.toString())
    const response = JSON.parse(answer.body.toString()) as Record<string, unknown>
    assert.deepEqual(
      [response['id'], response['status'], response['has_more'], response['continue_with']],
      ['resp_9', 'in_progress', true, 'GET /v1/actions/responses/resp_9'],
    )
    assert.deepEqual(JSON.parse(upstream.requests[0]?.body.toString() ?? ''), {
      model: 'gpt-5',
      input: 'x',
      stream: true,
      background: true,
    })
    openAiError(await send({ model: 'gpt-5', input: 'x', store: false }), 504)
  })
})

test('an action under way when the relay is told to stop still makes its calls and answers', async () => {
  await using upstream = await rawUpstream(async (exchange) => {
    await exchange.whole
    await exchange.pause(300)
    await exchange.send('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 15\r\n\r\n{"id":"file-7"}')
  })
  const world = await startWorld({ upstream, settings: { drainMs: 20_000 } })
  const answered = ask(world.port, {
    method: 'POST',
    path: '/v1/actions/batches',
    token: world.token,
    headers: [['Content-Type', 'application/json']],
    body: JSON.stringify({ endpoint: '/v1/responses', requests: [{ body: {} }] }),
  })
  await upstream.request(1)
  const stopping = world[Symbol.asyncDispose]()
  assert.equal((await answered).status, 200)
  await stopping
  assert.deepEqual(
    upstream.requests.map(({ target }) => target),
    ['/v1/files', '/v1/batches'],
  )
})

/** Bodies that are no JSON, no object, or an object with everything wrong in it. */
function malformedBodies(row: Wrapper): (string | Buffer)[] {
  const names = Object.keys(row.request?.properties ?? {})
  const [first = 'x'] = names
  const values: unknown[] = [
    null,
    1,
    -1,
    1e308,
    0.1,
    true,
    '',
    ' ',
    '\u0000',
    '\ud800',
    'x'.repeat(10_000),
    [],
    [[]],
    {},
    [null],
    [{}],
    { a: { b: [] } },
    ['a', 1],
    '../..',
    'https://127.0.0.1/x',
  ]
  return [
    '',
    ' ',
    '{',
    '}',
    '{}',
    '[]',
    'null',
    'true',
    '1',
    '"x"',
    '{"a":}',
    '{"a" 1}',
    "{'a':1}",
    '{a:1}',
    '{"a":1,}',
    '{"a":NaN}',
    '{"a":01}',
    '\ufeff{}',
    '{} {}',
    '{"a":"\n"}',
    '{"\\ud800":1}',
    '{"a":"\\x"}',
    'undefined',
    '<xml/>',
    'a=b',
    Buffer.from([0xff, 0xfe]),
    Buffer.from([0x7b, 0xc3, 0x28, 0x7d]),
    Buffer.from('{"a":"\xff"}', 'latin1'),
    '['.repeat(500),
    '{"a":'.repeat(500),
    `{"__proto__":{"x":1}}`,
    '{"constructor":{"prototype":{}}}',
    '{"toString":1,"hasOwnProperty":2}',
    ...values.map((value) => JSON.stringify(Object.fromEntries(names.map((name) => [name, value])))),
    ...values.map((value) => JSON.stringify({ [first]: value })),
  ]
}
