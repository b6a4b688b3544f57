import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toFile } from 'openai'
import type OpenAI from 'openai'
import { refusal, startTestEmulator } from '../../../../test/harness/emulator.ts'

const text = 'Hello there, this is the first sentence. And here comes another one!'

type SpeechFormat = NonNullable<OpenAI.Audio.SpeechCreateParams['response_format']>

async function say(client: OpenAI, format: SpeechFormat, input = text): Promise<Buffer> {
  const spoken = await client.audio.speech.create({ model: 'gpt-4o-mini-tts', voice: 'marin', input, response_format: format })
  return Buffer.from(await spoken.arrayBuffer())
}

/** A WAV of somebody else: silence, without a word in it. */
function foreignWav(seconds: number): Buffer {
  const head = Buffer.from('RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\0\0\0\0', 'latin1')
  const data = Buffer.alloc(seconds * 16_000)
  head.writeUInt32LE(36 + data.length, 4)
  head.writeUInt32LE(data.length, 40)
  return Buffer.concat([head, data])
}

test('speech comes in every format, and is transcribed back to its text', async () => {
  await using emulator = await startTestEmulator()
  const { client } = emulator
  for (const format of ['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm'] as const) {
    const answer = await client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: text, response_format: format })
    assert.equal(answer.headers.get('content-type'), format === 'mp3' ? 'audio/mpeg' : `audio/${format}`)
    assert.ok((await answer.arrayBuffer()).byteLength > 5000, format)
  }
  for (const [format, filename] of [
    ['mp3', 'a.mp3'],
    ['opus', 'a.ogg'],
    ['flac', 'a.flac'],
    ['wav', 'a.wav'],
  ] as const) {
    const file = await toFile(await say(client, format), filename)
    assert.equal((await client.audio.transcriptions.create({ file, model: 'gpt-4o-transcribe' })).text, text, format)
  }
})

test('speech in events is the same sound, with its usage at the end', async () => {
  await using emulator = await startTestEmulator()
  const order = { model: 'gpt-4o-mini-tts', voice: 'marin', input: text } as const
  const streamed = await emulator.client.audio.speech.create({ ...order, stream_format: 'sse' })
  assert.match(streamed.headers.get('content-type') ?? '', /^text\/event-stream/)
  const events = (await streamed.text())
    .split('\n\n')
    .filter((each) => each !== '')
    .map((each) => JSON.parse(each.replace(/^data: /, '')) as { type: string; audio?: string; usage?: Record<string, number> })
  const sound = Buffer.concat(events.map(({ audio }) => Buffer.from(audio ?? '', 'base64')))
  assert.ok(sound.equals(await say(emulator.client, 'mp3')))
  assert.ok(events.length > 2)
  const { type, usage } = events.at(-1) ?? {}
  assert.equal(type, 'speech.audio.done')
  assert.equal(usage?.['total_tokens'], (usage?.['input_tokens'] ?? 0) + (usage?.['output_tokens'] ?? 0))
})

test('Whisper writes every format, with times that lie within the recording', async () => {
  await using emulator = await startTestEmulator()
  const file = await toFile(await say(emulator.client, 'mp3'), 'a.mp3')
  const { transcriptions } = emulator.client.audio
  const order = { file, model: 'whisper-1' } as const
  assert.deepEqual(await transcriptions.create(order), { text, usage: { type: 'duration', seconds: 5 } })
  assert.equal(await transcriptions.create({ ...order, response_format: 'text' }), `${text}\n`)
  assert.match(
    await transcriptions.create({ ...order, response_format: 'srt' }),
    /^1\n00:00:00,\d{3} --> 00:00:0\d,\d{3}\nHello there, this is the first sentence\.\n\n2\n.*\nAnd here comes another one!\n\n$/,
  )
  assert.match(await transcriptions.create({ ...order, response_format: 'vtt' }), /^WEBVTT\n\n00:00:00\.\d{3} --> /)
  const verbose = await transcriptions.create({ ...order, response_format: 'verbose_json', timestamp_granularities: ['word', 'segment'] })
  assert.deepEqual([verbose.language, verbose.text], ['english', text])
  assert.deepEqual(
    verbose.segments?.map((segment) => segment.text.trim()),
    text.split(/(?<=\.) /),
  )
  assert.deepEqual(
    verbose.words?.map(({ word }) => word),
    text.replaceAll(/[.,!]/g, '').split(' '),
  )
  const times = verbose.words?.flatMap(({ start, end }) => [start, end]) ?? []
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  )
  assert.ok((times.at(-1) ?? 0) <= verbose.duration)
  const onlyWords = await transcriptions.create({
    ...order,
    response_format: 'verbose_json',
    timestamp_granularities: ['word'],
    language: 'de',
  })
  assert.deepEqual([onlyWords.segments, onlyWords.language], [undefined, 'german'])
})

test('a streamed transcript adds up to the one that is answered at once', async () => {
  await using emulator = await startTestEmulator()
  const { transcriptions } = emulator.client.audio
  const file = await toFile(await say(emulator.client, 'mp3'), 'a.mp3')
  const order = { file, model: 'gpt-4o-transcribe', include: ['logprobs'] } as const
  const whole = await transcriptions.create({ ...order, include: ['logprobs'] })
  const events = await Array.fromAsync(await transcriptions.create({ ...order, include: ['logprobs'], stream: true }))
  assert.equal(events.map((event) => (event.type === 'transcript.text.delta' ? event.delta : '')).join(''), text)
  assert.deepEqual(events.at(-1), { type: 'transcript.text.done', ...whole })
  assert.equal(whole.logprobs?.map(({ token }) => token).join(''), text)
  // Whisper cannot, and does not say so.
  const raw = await emulator.send(
    'POST',
    '/v1/audio/transcriptions',
    ...(await formOf({ model: 'whisper-1', stream: 'true' }, foreignWav(1))),
  )
  assert.equal(raw.headers.get('content-type'), 'application/json')
})

test('speakers are told apart, and called by the names that are known', async () => {
  await using emulator = await startTestEmulator()
  const { transcriptions } = emulator.client.audio
  const order = { file: await toFile(await say(emulator.client, 'mp3'), 'a.mp3'), model: 'gpt-4o-transcribe-diarize' } as const
  const whole = (await transcriptions.create({
    ...order,
    response_format: 'diarized_json',
  })) as unknown as OpenAI.Audio.TranscriptionDiarized
  assert.deepEqual(
    whole.segments.map(({ speaker, text: sentence }) => [speaker, sentence]),
    [
      ['A', 'Hello there, this is the first sentence.'],
      ['B', 'And here comes another one!'],
    ],
  )
  const known = {
    known_speaker_names: ['agent', 'customer'],
    known_speaker_references: ['data:audio/wav;base64,', 'data:audio/wav;base64,'],
  }
  const events = await Array.fromAsync(await transcriptions.create({ ...order, ...known, response_format: 'diarized_json', stream: true }))
  assert.deepEqual(
    events.flatMap((event) => (event.type === 'transcript.text.segment' ? [event.speaker] : [])),
    ['agent', 'customer'],
  )
  assert.equal(events.map((event) => (event.type === 'transcript.text.delta' ? event.delta : '')).join(''), text)
})

test('a recording of somebody else is heard the same way each time, and longer when it is longer', async () => {
  await using emulator = await startTestEmulator()
  const hear = async (seconds: number): Promise<OpenAI.Audio.TranscriptionVerbose> =>
    emulator.client.audio.transcriptions.create({
      file: await toFile(foreignWav(seconds), 'a.wav'),
      model: 'whisper-1',
      response_format: 'verbose_json',
    })
  const short = await hear(2)
  assert.deepEqual(await hear(2), short)
  assert.equal(short.duration, 2)
  const long = await hear(40)
  assert.ok(long.text.length > short.text.length * 3)
  assert.ok((long.segments?.at(-1)?.end ?? 99) <= 40)
})

test('a translation is English, and of Whisper only', async () => {
  await using emulator = await startTestEmulator()
  const { translations } = emulator.client.audio
  const file = await toFile(await say(emulator.client, 'mp3'), 'a.mp3')
  assert.deepEqual(await translations.create({ file, model: 'whisper-1' }), { text })
  // The SDK's types know the default format only.
  const translate = async (format: 'verbose_json' | 'srt'): Promise<unknown> =>
    translations.create({ file, model: 'whisper-1', response_format: format })
  const verbose = (await translate('verbose_json')) as OpenAI.Audio.TranslationVerbose
  assert.deepEqual([verbose.language, verbose.segments?.length], ['english', 2])
  assert.match(String(await translate('srt')), /^1\n00:00:00,/)
  assert.equal((await refusal(translations.create({ file, model: 'gpt-4o-transcribe' }))).param, 'model')
})

test('what cannot be spoken is refused', async () => {
  await using emulator = await startTestEmulator()
  const refusals: readonly (readonly [order: Partial<OpenAI.Audio.SpeechCreateParams>, param: string | null, code: string | null])[] = [
    [{ voice: 'marin' }, 'voice', 'invalid_value'],
    [{ voice: { id: 'voice_none' } }, 'voice', null],
    [{ input: '' }, 'input', 'string_below_min_length'],
    [{ input: 'x'.repeat(4097) }, 'input', 'string_above_max_length'],
    [{ speed: 4.1 }, 'speed', 'decimal_above_max_value'],
    [{ response_format: 'midi' as never }, 'response_format', 'invalid_value'],
    [{ stream_format: 'sse' }, 'stream_format', 'unsupported_value'],
    [{ model: 'whisper-1' }, 'model', 'invalid_value'],
  ]
  for (const [order, param, code] of refusals) {
    const error = await refusal(emulator.client.audio.speech.create({ model: 'tts-1', voice: 'nova', input: 'hello', ...order }))
    assert.deepEqual([error.param, error.code], [param, code], error.message)
  }
})

test('what cannot be heard is refused', async () => {
  await using emulator = await startTestEmulator()
  const wav = foreignWav(1)
  const hear = async (content: Buffer, filename: string, order: object = {}): ReturnType<typeof refusal> => {
    const file = await toFile(content, filename)
    return refusal(emulator.client.audio.transcriptions.create({ file, model: 'gpt-4o-transcribe', ...order }))
  }
  assert.match((await hear(wav, 'a.txt')).message, /^Invalid file format\. Supported formats: \['flac', 'm4a', /)
  assert.deepEqual(await hear(Buffer.from('no sound'), 'a.mp3'), {
    status: 400,
    message: 'Audio file might be corrupted or unsupported',
    param: 'file',
    code: 'invalid_value',
  })
  assert.equal((await hear(foreignWav(0), 'a.wav')).code, 'audio_too_short')
  assert.equal((await hear(Buffer.alloc(26_214_401), 'a.wav')).status, 413)
  assert.deepEqual(await hear(wav, 'a.wav', { response_format: 'verbose_json' }), {
    status: 400,
    message: "response_format 'verbose_json' is not compatible with model 'gpt-4o-transcribe'. Use 'json' or 'text' instead.",
    param: 'response_format',
    code: 'unsupported_value',
  })
  assert.equal((await hear(wav, 'a.wav', { language: 'english' })).code, 'invalid_language_format')
  assert.equal((await hear(wav, 'a.wav', { timestamp_granularities: ['word'] })).param, 'timestamp_granularities')
  const diarize = { model: 'gpt-4o-transcribe-diarize' }
  assert.equal((await hear(foreignWav(31), 'a.wav', diarize)).param, 'chunking_strategy')
  assert.equal((await hear(wav, 'a.wav', { ...diarize, prompt: 'x' })).param, 'prompt')
})

test('a voice needs a consent, speaks, and is gone when it is deleted', async () => {
  await using emulator = await startTestEmulator()
  const { voices, voiceConsents } = emulator.client.audio
  const recording = await toFile(foreignWav(1), 'a.wav', { type: 'audio/wav' })
  const consent = await voiceConsents.create({ name: 'me', language: 'en-US', recording })
  assert.match(consent.id, /^cons_/)
  assert.equal((await voiceConsents.update(consent.id, { name: 'myself' })).name, 'myself')
  const missing = await refusal(voices.create({ name: 'mine', consent: 'cons_none', audio_sample: recording }))
  assert.deepEqual([missing.status, missing.param], [404, 'consent'])
  const voice = await voices.create({ name: 'mine', consent: consent.id, audio_sample: recording })
  assert.deepEqual([voice.object, voice.name, voice.type], ['audio.voice', 'mine', 'audio_sample'])
  await emulator.restart()
  const { client } = emulator
  const order = { model: 'gpt-4o-mini-tts', voice: { id: voice.id }, input: 'hello' }
  assert.equal((await client.audio.speech.create(order)).status, 200)
  assert.deepEqual(await client.audio.voices.delete(voice.id), { id: voice.id, object: 'audio.voice.deleted', deleted: true })
  assert.equal((await refusal(client.audio.speech.create(order))).status, 404)
  assert.equal((await refusal(client.audio.voices.delete(voice.id))).status, 404)
  const prompted = await client.audio.voices.create({ type: 'prompt', name: 'deep', prompt: 'a deep voice' })
  assert.equal(prompted.prompt, 'a deep voice')
  assert.equal((await refusal(client.audio.speech.create({ ...order, voice: { id: prompted.id } }))).code, 'unsupported_value')
})

test('consents are listed newest first, page by page, and deleted under their own name', async () => {
  await using emulator = await startTestEmulator()
  const { voiceConsents } = emulator.client.audio
  const ids: string[] = []
  for (const name of ['a', 'b', 'c']) {
    const recording = await toFile(foreignWav(1), 'a.wav', { type: 'audio/wav' })
    ids.unshift((await voiceConsents.create({ name, language: 'en', recording })).id)
  }
  assert.deepEqual(
    (await Array.fromAsync(voiceConsents.list({ limit: 2 }))).map(({ id }) => id),
    ids,
  )
  const [first = ''] = ids
  assert.deepEqual(await voiceConsents.delete(first), { id: first, object: 'audio.voice_consent', deleted: true })
  assert.equal((await refusal(voiceConsents.retrieve(first))).status, 404)
  const recording = await toFile(foreignWav(1), 'a.txt', { type: 'text/plain' })
  assert.equal((await refusal(voiceConsents.create({ name: 'x', language: 'en', recording }))).code, 'unsupported_file_mimetype')
})

/** A form by hand, for what the SDK would not send. */
async function formOf(fields: Record<string, string>, content: Buffer): Promise<[body: Uint8Array, headers: Record<string, string>]> {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  form.append('file', new Blob([new Uint8Array(content)]), 'a.wav')
  const request = new Request('http://localhost/', { method: 'POST', body: form })
  return [new Uint8Array(await request.arrayBuffer()), { 'content-type': request.headers.get('content-type') ?? '' }]
}
