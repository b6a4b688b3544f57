// The success gates, A to F. Each asserts what a working deployment answers, so that an error of any kind fails it.
import { actionsProblems, operationIdsTwice, structuralProblems } from './openapi.ts'
import { described, errorMessage, parseObject, text, type Gate, type GateStatus, type Visit } from './gate.ts'

const seconds = (count: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, count * 1000))

async function upload({ client, json, expect, cleanUp }: Visit, purpose: string, name: string, bytes: Buffer): Promise<string> {
  const id = text(json(`uploads a file for ${purpose}`, await client.postForm('/files', { purpose }, { field: 'file', name, bytes }))['id'])
  expect('the file has an id', id !== '')
  cleanUp(() => client.remove(`/files/${id}`))
  return id
}

const uploads: Gate = {
  id: 'A',
  title: 'Uploads: parts become a file, and cancel takes an empty body',
  async run(visit) {
    const { client, json, expect, cleanUp } = visit
    const create = async (): Promise<string> => {
      const made = json(
        'opens an upload',
        await client.postJson('/uploads', { purpose: 'batch', filename: 'relay-check.jsonl', bytes: 4, mime_type: 'text/plain' }),
      )
      expect('the upload has an id', text(made['id']).startsWith('upload'), `id ${text(made['id'])}`)
      return text(made['id'])
    }
    const id = await create()
    const part = json(
      'takes a part',
      await client.postForm(`/uploads/${id}/parts`, {}, { field: 'data', name: 'part', bytes: Buffer.from('ping') }),
    )
    const done = json('completes it', await client.postJson(`/uploads/${id}/complete`, { part_ids: [part['id']] }))
    const file = (done['file'] ?? {}) as Record<string, unknown>
    const fileId = text(file['id'])
    expect('the upload is completed and names its file', done['status'] === 'completed' && fileId !== '', `status ${text(done['status'])}`)
    cleanUp(() => client.remove(`/files/${fileId}`))
    const content = await client.get(`/files/${fileId}/content`, '*/*')
    expect('the file holds the bytes of the part', content.status === 200 && content.body.toString() === 'ping', described(content))

    const lengthy = json('cancels with Content-Length: 0 and no content type', await client.postEmpty(`/uploads/${await create()}/cancel`))
    expect('that upload is cancelled', lengthy['status'] === 'cancelled', `status ${text(lengthy['status'])}`)
    const bare = json('cancels with neither length nor coding', await client.postBare(`/uploads/${await create()}/cancel`))
    expect('that upload is cancelled too', bare['status'] === 'cancelled', `status ${text(bare['status'])}`)
    return undefined
  },
}

const streaming: Gate = {
  id: 'B',
  title: 'Streaming: events arrive one by one',
  async run({ client, settings, expect }) {
    const answer = await client.postJson('/responses', { model: settings.model, input: 'Return exactly: pong', stream: true, store: false })
    expect('a streamed response begins', answer.status === 200, described(answer))
    expect('its content type is text/event-stream', answer.contentType.includes('text/event-stream'), `got ${answer.contentType}`)
    const events = answer.body
      .toString('utf8')
      .split('\n\n')
      .filter((event) => event.includes('data: '))
    expect(
      'it has events, the last of them response.completed',
      events.length >= 3 && (events.at(-1) ?? '').includes('response.completed'),
      `${events.length} events`,
    )
    expect('it says pong', answer.body.includes('pong'))

    const long = await client.postJson('/responses', {
      model: settings.model,
      input: 'Count from 1 to 100, one number on each line.',
      stream: true,
      store: false,
    })
    const first = long.reads[0]?.bytes.toString('utf8') ?? ''
    expect(
      'a longer one arrives in more than one piece',
      long.status === 200 && long.reads.length > 1,
      `${long.reads.length} reads, ${described(long)}`,
    )
    expect(
      'its first event does not wait for its last',
      first.includes('response.created') && !first.includes('response.completed'),
      'the first read held the whole stream',
    )
    // A relay that collects a stream and then sends it in pieces delivers them all at the very end.
    const firstAt = long.reads[0]?.at ?? 0
    const lastAt = long.reads.at(-1)?.at ?? 0
    expect('and time passes between them', lastAt - firstAt > 1, `${(lastAt - firstAt).toFixed(1)} ms`)
    return undefined
  },
}

const openapi: Gate = {
  id: 'C',
  title: 'OpenAPI: both documents are valid, and ChatGPT can use its own',
  async run({ client, expect }): Promise<GateStatus | undefined> {
    const full = await client.getPublic('/openapi.json')
    const actions = await client.getPublic('/openapi.actions.json')
    if (full.status === 404 && actions.status === 404) return 'not offered'
    for (const [path, answer] of [
      ['/openapi.json', full],
      ['/openapi.actions.json', actions],
    ] as const) {
      const document = parseObject(answer.body)
      expect(`${path} is served`, answer.status === 200 && document !== null, described(answer))
      const twice = operationIdsTwice(document ?? {})
      expect('each operationId stands once in it', twice.length === 0, `twice: ${firstOf(twice)}`)
      const problems = structuralProblems(document ?? {})
      expect('it is a valid document', problems.length === 0, firstOf(problems))
      if (answer === full) continue
      const beyond = actionsProblems(document ?? {}, client.isHttps)
      expect('it is within the limits of ChatGPT', beyond.length === 0, firstOf(beyond))
    }
    return undefined
  },
}

const firstOf = (problems: readonly string[]): string =>
  `${problems.slice(0, 3).join('; ')}${problems.length > 3 ? ` and ${problems.length - 3} more` : ''}`

const content: Gate = {
  id: 'D',
  title: 'Content: bytes where there are some, the upstream’s own error where there are none',
  async run(visit) {
    const { client, json, expect, cleanUp } = visit
    const bytes = Buffer.from([0, 255, 13, 10, 0, 200, 128, 10, 13, 1])
    const container = text(json('creates a container', await client.postJson('/containers', { name: 'relay-check' }))['id'])
    cleanUp(() => client.remove(`/containers/${container}`))
    const file = text(
      json(
        'puts a file into it',
        await client.postForm(`/containers/${container}/files`, {}, { field: 'file', name: 'relay-check.bin', bytes }),
      )['id'],
    )
    const back = await client.get(`/containers/${container}/files/${file}/content`, '*/*')
    expect('the file comes back byte for byte', back.status === 200 && back.body.equals(bytes), described(back))

    const videos = json('lists videos', await client.get('/videos'))['data']
    const finished = (Array.isArray(videos) ? (videos as { id?: string; status?: string }[]) : []).find(
      ({ status }) => status === 'completed',
    )
    if (finished !== undefined) {
      const video = await client.get(`/videos/${finished.id ?? ''}/content`, '*/*')
      expect(
        'a finished video is downloaded',
        video.status === 200 && video.contentType.startsWith('video/') && video.body.length > 0,
        described(video),
      )
    }
    for (const path of ['/containers/cntr_relay_check_missing/files/cfile_missing/content', '/videos/video_relay_check_missing/content']) {
      const missing = await client.get(path, '*/*')
      expect(
        `an unknown id is the upstream’s own 4xx: ${path}`,
        errorMessage(missing) !== null && missing.status !== 401,
        described(missing),
      )
    }
    return undefined
  },
}

const files: Gate = {
  id: 'E',
  title: 'Files: three purposes, both download policies, delete',
  async run(visit) {
    const { client, json, expect } = visit
    const bytes = Buffer.from('{"custom_id":"1","method":"POST","url":"/v1/responses","body":{"model":"x","input":"y"}}\n')
    for (const purpose of ['batch', 'assistants', 'user_data']) {
      const id = await upload(visit, purpose, `relay-check-${purpose}.${purpose === 'batch' ? 'jsonl' : 'txt'}`, bytes)
      const seen = json('reads its metadata', await client.get(`/files/${id}`))
      expect('the metadata is right', seen['purpose'] === purpose && seen['bytes'] === bytes.length, JSON.stringify(seen).slice(0, 200))
      const download = await client.get(`/files/${id}/content`, '*/*')
      if (purpose === 'batch')
        expect('a batch file comes back byte for byte', download.status === 200 && download.body.equals(bytes), described(download))
      else
        expect(
          `a file of ${purpose} is not given out`,
          download.status === 400 && (errorMessage(download) ?? '').includes(`Not allowed to download files of purpose: ${purpose}`),
          described(download),
        )
      const gone = json('deletes it', await client.remove(`/files/${id}`))
      expect('it says deleted', gone['deleted'] === true)
      const after = await client.get(`/files/${id}`)
      expect('it is gone', after.status === 404 && errorMessage(after) !== null, described(after))
    }
    return undefined
  },
}

const batches: Gate = {
  id: 'F',
  title: 'Batches: a line goes in, its answer comes out',
  async run(visit) {
    const { client, settings, json, expect, cleanUp, progress } = visit
    const line = {
      custom_id: 'relay-check-1',
      method: 'POST',
      url: '/v1/responses',
      body: { model: settings.model, input: 'Return exactly: pong' },
    }
    const input = await upload(visit, 'batch', 'relay-check-batch.jsonl', Buffer.from(`${JSON.stringify(line)}\n`))
    const id = text(
      json(
        'creates a batch',
        await client.postJson('/batches', { input_file_id: input, endpoint: '/v1/responses', completion_window: '24h' }),
      )['id'],
    )
    let isOver = false
    cleanUp(async () => {
      if (!isOver) await client.postEmpty(`/batches/${id}/cancel`)
    })
    const deadline = performance.now() + settings.batchWaitMs
    for (let wait = 0.25; ; wait = Math.min(wait * 1.5, 10)) {
      const answer = await client.get(`/batches/${id}`)
      const batch = parseObject(answer.body) ?? {}
      const status = text(batch['status'])
      if (answer.status !== 200 || ['failed', 'expired', 'cancelled'].includes(status))
        expect('the batch completes', false, described(answer))
      if (status === 'completed') {
        isOver = true
        const output = text(batch['output_file_id'])
        expect('the completed batch names its output', output !== '', `error file ${text(batch['error_file_id'])}`)
        cleanUp(() => client.remove(`/files/${output}`))
        const lines = await client.get(`/files/${output}/content`, '*/*')
        expect(
          'the output says pong',
          lines.status === 200 && lines.body.includes('relay-check-1') && lines.body.includes('pong'),
          described(lines),
        )
        return undefined
      }
      if (performance.now() > deadline) expect(`the batch completes within ${settings.batchWaitMs / 1000} s`, false, `still ${status}`)
      progress(`the batch is ${status}`)
      await seconds(wait)
    }
  },
}

export const gates: readonly Gate[] = [uploads, streaming, openapi, content, files, batches]
