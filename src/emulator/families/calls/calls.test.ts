import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI from 'openai'
import { refusal, startTestEmulator } from '../../../../test/harness/emulator.ts'
import type { TestEmulator } from '../../../../test/harness/emulator.ts'

/** What a browser offers: sound, a picture, a channel for data. */
const offer = [
  'v=0',
  'o=- 1 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0 1 2',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 0',
  'a=mid:0',
  'a=setup:actpass',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=rtpmap:0 PCMU/8000',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'a=mid:1',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'a=mid:2',
  'a=setup:actpass',
  '',
].join('\r\n')

const model = 'gpt-realtime'

async function openCall({ client }: TestEmulator): Promise<string> {
  const answer = await client.realtime.calls.create({ sdp: offer, session: { type: 'realtime', model } })
  return answer.headers.get('location')?.replace('/v1/realtime/calls/', '') ?? ''
}

const ring = async ({ url }: TestEmulator): Promise<{ call_id: string; session_id: string }> =>
  (await (await fetch(`${url}/_emulator/calls`, { method: 'POST', body: '{"from":"+15550123"}' })).json()) as {
    call_id: string
    session_id: string
  }

test('an offer by form is answered 201 with the place of the call and a description that fits the offer', async () => {
  await using emulator = await startTestEmulator()
  const answer = await emulator.client.realtime.calls.create({ sdp: offer, session: { type: 'realtime', model } })
  assert.deepEqual([answer.status, answer.headers.get('content-type')], [201, 'application/sdp'])
  assert.match(answer.headers.get('location') ?? '', /^\/v1\/realtime\/calls\/rtc_[0-9a-f]{32}$/)
  const lines = (await answer.text()).split('\r\n')
  assert.deepEqual([lines[0], lines.at(-1)], ['v=0', ''])
  assert.deepEqual(
    lines.filter((line) => line.startsWith('m=')),
    ['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'm=video 0 UDP/TLS/RTP/SAVPF 96', 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel'],
  )
  assert.deepEqual(
    lines.filter((line) => line.startsWith('a=mid:')),
    ['a=mid:0', 'a=mid:1', 'a=mid:2'],
  )
  for (const wanted of ['a=group:BUNDLE 0 2', 'a=rtpmap:111 opus/48000/2', 'a=setup:active', 'a=sctp-port:5000'])
    assert.ok(lines.includes(wanted), wanted)
})

test('a call takes controls until it is over, also after a restart', async () => {
  await using emulator = await startTestEmulator()
  const id = await openCall(emulator)
  await emulator.restart()
  const { calls } = emulator.client.realtime
  await calls.accept(id, { type: 'realtime', model, instructions: 'Be brief.' })
  await calls.refer(id, { target_uri: 'tel:+14155550123' })
  assert.deepEqual(await refusal(calls.hangup(id)), {
    status: 404,
    message: 'No session found for the provided call_id.',
    code: 'call_id_not_found',
    param: null,
  })
  const other = await openCall(emulator)
  const answer = await emulator.send('POST', `/v1/realtime/calls/${other}/hangup`)
  assert.deepEqual([answer.status, answer.headers.get('content-length'), await answer.text()], [200, '0', ''])
  const third = await openCall(emulator)
  assert.equal((await refusal(calls.refer(third, { target_uri: ' ' }))).param, 'target_uri')
  assert.equal((await refusal(calls.reject(third, { status_code: 200 }))).param, 'status_code')
  assert.equal((await refusal(calls.accept(third, { type: 'realtime', model: 'gpt-99' }))).code, 'model_not_found')
  await calls.reject(third)
})

test('a secret opens calls with a bare offer until it expires, and other keys stay out', async () => {
  await using emulator = await startTestEmulator({ keys: ['sk-test'] })
  const secret = await emulator.client.realtime.clientSecrets.create({
    expires_after: { anchor: 'created_at', seconds: 60 },
    session: {
      type: 'realtime',
      model,
      audio: { output: { voice: 'marin' } },
      tools: [{ type: 'mcp', server_label: 'a', server_url: 'https://a.example', authorization: 'very-secret' }],
    },
  })
  assert.match(secret.value, /^ek_[0-9a-f]{32}$/)
  assert.ok(secret.session.type === 'realtime')
  assert.match(secret.session.id, /^sess_[0-9A-Za-z]{21}$/)
  assert.deepEqual([secret.session.audio?.output?.voice, secret.session.model], ['marin', model])
  assert.ok(!JSON.stringify(secret).includes('very-secret'))
  const open = (key: string): Promise<Response> =>
    emulator.send('POST', '/v1/realtime/calls', offer, { authorization: `Bearer ${key}`, 'content-type': 'application/sdp' })
  assert.equal((await open(secret.value)).status, 201)
  assert.equal((await open('ek_00000000000000000000000000000000')).status, 401)
  assert.equal((await emulator.send('GET', '/v1/models', undefined, { authorization: `Bearer ${secret.value}` })).status, 401)
  emulator.running.clock.advance(61_000)
  const late = await open(secret.value)
  assert.deepEqual([late.status, ((await late.json()) as { error: { code: string } }).error.code], [401, 'invalid_api_key'])
})

test('secrets live ten minutes unless told otherwise, for conversations, transcriptions and translations', async () => {
  await using emulator = await startTestEmulator()
  const { clientSecrets, translations } = emulator.client.realtime
  const now = Math.floor(emulator.running.clock.now() / 1000)
  const plain = await clientSecrets.create({})
  assert.ok(Math.abs(plain.expires_at - now - 600) <= 1)
  assert.equal(plain.session.type, 'realtime')
  const transcription = await clientSecrets.create({
    session: { type: 'transcription', audio: { input: { transcription: { model: 'whisper-1' }, turn_detection: null } } },
  })
  assert.ok(transcription.session.type === 'transcription')
  assert.deepEqual(
    [transcription.session.audio?.input?.turn_detection, transcription.session.audio?.input?.transcription?.model],
    [null, 'whisper-1'],
  )
  const translation = await translations.clientSecrets.create({
    session: { model: 'gpt-realtime-translate', audio: { output: { language: 'es' } } },
    expires_after: { seconds: 10 },
  })
  assert.deepEqual([translation.session.type, translation.session.audio.output?.language], ['translation', 'es'])
  assert.equal((await refusal(clientSecrets.create({ expires_after: { seconds: 5 } }))).param, 'expires_after.seconds')
  assert.equal((await refusal(clientSecrets.create({ session: { type: 'realtime', model: 'gpt-99' } }))).param, 'session.model')
  assert.equal((await refusal(translations.clientSecrets.create({} as never))).param, 'session')
})

test('the older paths answer a flat session with a secret of one minute', async () => {
  await using emulator = await startTestEmulator()
  const { realtime } = emulator.client.beta
  const session = await realtime.sessions.create({
    modalities: ['text'],
    instructions: 'Be brief.',
    turn_detection: { silence_duration_ms: 900 },
  } as never)
  assert.match(session.client_secret.value, /^ek_/)
  assert.ok(Math.abs(session.client_secret.expires_at - Math.floor(emulator.running.clock.now() / 1000) - 60) <= 1)
  assert.deepEqual(
    [session.modalities, session.instructions, session.turn_detection?.silence_duration_ms, session.turn_detection?.type],
    [['text'], 'Be brief.', 900, 'server_vad'],
  )
  const transcription = await realtime.transcriptionSessions.create({ input_audio_transcription: { model: 'whisper-1' } })
  assert.deepEqual([transcription.input_audio_format, transcription.input_audio_transcription?.model], ['pcm16', 'whisper-1'])
})

test('what is no offer is refused', async () => {
  await using emulator = await startTestEmulator()
  assert.deepEqual([(await refusal(emulator.client.realtime.calls.create({ sdp: 'hello' }))).code], ['invalid_offer'])
  const empty = await emulator.send('POST', '/v1/realtime/calls', new Uint8Array(), { 'content-type': 'application/sdp' })
  assert.equal(((await empty.json()) as { error: { param: string } }).error.param, 'sdp')
  const session = await refusal(emulator.client.realtime.calls.create({ sdp: offer, session: { type: 'transcription' } as never }))
  assert.equal(session.param, 'session.type')
})

test('a live session is opened, ended, forked and listened to afterwards if it was stored', async () => {
  await using emulator = await startTestEmulator()
  const { live } = emulator.client
  const transport = { type: 'webrtc', sdp: offer } as const
  const stored = await live.create({ session: { model: 'gpt-live-1', instructions: 'Speak softly', store: true }, transport })
  assert.match(stored.session.id, /^live_/)
  assert.match(stored.transport.sdp, /^v=0\r\n/)
  const fork = await live.sessions.fork(stored.session.id, { transport, session: { store: false } })
  assert.notEqual(fork.session.id, stored.session.id)
  await live.sessions.hangup(stored.session.id)
  await emulator.restart()
  const { sessions } = emulator.client.live
  assert.equal((await refusal(sessions.hangup(stored.session.id))).code, 'session_not_found')
  const recording = Buffer.from(await (await sessions.downloadRecording(stored.session.id)).arrayBuffer())
  assert.deepEqual([recording.toString('latin1', 0, 4), recording.toString('latin1', 8, 12)], ['RIFF', 'WAVE'])
  assert.match((await refusal(sessions.downloadRecording(fork.session.id))).message, /was not stored/)
  assert.equal((await refusal(sessions.fork(fork.session.id, { transport }))).status, 404)
  await sessions.refer(fork.session.id, { target_uri: 'sip:agent@example.com' })
  assert.equal((await refusal(sessions.reject('live_none', { status_code: 486 }))).status, 404)
  assert.equal((await refusal(sessions.reject('live_none', {} as never))).param, 'status_code')
  assert.equal((await refusal(emulator.client.live.create({ session: { model: 'gpt-4o' }, transport }))).param, 'session.model')
})

test('a call that rings is told to webhooks, and belongs to the API that accepts it first', async () => {
  await using emulator = await startTestEmulator()
  const { live, realtime } = emulator.client
  const first = await ring(emulator)
  const told = (await (await fetch(`${emulator.url}/_emulator/events`)).json()) as {
    data: { type: string; data: { sip_headers: { value: string }[] } }[]
  }
  assert.deepEqual(
    told.data.map(({ type }) => type),
    ['realtime.call.incoming', 'live.call.incoming', 'live.transport.incoming'],
  )
  assert.equal(told.data[0]?.data.sip_headers[0]?.value, 'sip:+15550123@sip.example.com')
  await live.sessions.accept(first.session_id, { session: { type: 'live', model: 'gpt-live-1' } })
  assert.equal((await refusal(realtime.calls.accept(first.call_id, { type: 'realtime', model }))).status, 404)
  const second = await ring(emulator)
  await realtime.calls.reject(second.call_id, { status_code: 486 })
  assert.equal((await refusal(live.sessions.hangup(second.session_id))).status, 404)
})

test('the client of the official SDK needs no more than the secret to open a call', async () => {
  await using emulator = await startTestEmulator()
  const { value } = await emulator.client.realtime.clientSecrets.create({ session: { type: 'realtime', model } })
  const browser = new OpenAI({ baseURL: `${emulator.url}/v1`, apiKey: value, maxRetries: 0 })
  assert.equal((await browser.realtime.calls.create({ sdp: offer })).status, 201)
})
