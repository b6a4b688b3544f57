// Drivers: images, audio, videos, provenance of content.
import type OpenAI from 'openai'
import { all, named, until, type FamilyDrivers, type Stage } from '../stage.ts'

const size = '1024x1024'

const picture = ({ client, shared }: Stage): Promise<Buffer> =>
  shared('picture', async () => {
    const { data } = await client.images.generate({ model: 'gpt-image-1', prompt: 'a heron', size, quality: 'low' })
    return Buffer.from(data?.[0]?.b64_json ?? '', 'base64')
  })

const recording = ({ client, shared }: Stage): Promise<Buffer> =>
  shared('recording', async () => {
    const answer = await client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'I agree.', response_format: 'wav' })
    return Buffer.from(await answer.arrayBuffer())
  })

const consent = (stage: Stage): Promise<OpenAI.Audio.VoiceConsent> =>
  stage.shared('consent', async () =>
    stage.client.audio.voiceConsents.create({ name: 'Ada', language: 'en-US', recording: await named('a.wav', await recording(stage)) }),
  )

const film = ({ client, shared }: Stage): Promise<OpenAI.Video> =>
  shared('film', async () => {
    const { id } = await client.videos.create({ model: 'sora-2', prompt: 'a heron takes off', seconds: '4', size: '720x1280' })
    return until(
      () => client.videos.retrieve(id),
      ({ status }) => status === 'completed' || status === 'failed',
    )
  })

const character = (stage: Stage): Promise<OpenAI.VideoCreateCharacterResponse> =>
  stage.shared('character', async () => {
    const content = await stage.client.videos.downloadContent((await film(stage)).id)
    return stage.client.videos.createCharacter({ name: 'Ada', video: await named('ada.mp4', Buffer.from(await content.arrayBuffer())) })
  })

export const mediaDrivers = {
  'images.generate': async (stage) => {
    const { client } = stage
    await picture(stage)
    await client.images.generate({ model: 'dall-e-2', prompt: 'a heron', size: '256x256', n: 2, response_format: 'b64_json' })
    await client.images.generate({ model: 'dall-e-3', prompt: 'a heron', response_format: 'url' })
    await all(
      client.images.generate({ model: 'gpt-image-1', prompt: 'a heron', size, stream: true, partial_images: 2, output_format: 'jpeg' }),
    )
  },
  'images.edit': async (stage) => {
    const image = await named('a.png', await picture(stage))
    await stage.client.images.edit({ model: 'gpt-image-1', image, prompt: 'with a hat', size })
    await all(
      stage.client.images.edit({ model: 'gpt-image-1', image: [image], prompt: 'with a hat', size, stream: true, partial_images: 1 }),
    )
  },
  'images.variation': async (stage) =>
    stage.client.images.createVariation({
      image: await named('a.png', await picture(stage)),
      size: '256x256',
      response_format: 'b64_json',
    }),

  'audio.speech.create': async (stage) => {
    const { client } = stage
    await recording(stage)
    for (const response_format of ['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm'] as const) {
      await (await client.audio.speech.create({ model: 'gpt-4o-mini-tts', voice: 'marin', input: 'Hello.', response_format })).arrayBuffer()
    }
    await (await client.audio.speech.create({ model: 'gpt-4o-mini-tts', voice: 'marin', input: 'Hello.', stream_format: 'sse' })).text()
  },
  'audio.transcriptions.create': async (stage) => {
    const { transcriptions } = stage.client.audio
    const file = await named('a.wav', await recording(stage))
    await transcriptions.create({ file, model: 'gpt-4o-transcribe', include: ['logprobs'] })
    await transcriptions.create({ file, model: 'whisper-1', response_format: 'verbose_json', timestamp_granularities: ['word', 'segment'] })
    await transcriptions.create({ file, model: 'gpt-4o-transcribe-diarize', response_format: 'diarized_json', chunking_strategy: 'auto' })
    await all(transcriptions.create({ file, model: 'gpt-4o-mini-transcribe', stream: true }))
  },
  'audio.translations.create': async (stage) => {
    const file = await named('a.wav', await recording(stage))
    await stage.client.audio.translations.create({ file, model: 'whisper-1' })
    await stage.client.audio.translations.create({ file, model: 'whisper-1', response_format: 'verbose_json' })
  },
  'audio.voice_consents.list': async (stage) => {
    await consent(stage)
    await all(stage.client.audio.voiceConsents.list())
  },
  'audio.voice_consents.create': consent,
  'audio.voice_consents.delete': async (stage) => {
    const { client } = stage
    const { id } = await client.audio.voiceConsents.create({
      name: 'Ben',
      language: 'en',
      recording: await named('b.wav', await recording(stage)),
    })
    await client.audio.voiceConsents.delete(id)
  },
  'audio.voice_consents.retrieve': async (stage) => stage.client.audio.voiceConsents.retrieve((await consent(stage)).id),
  'audio.voice_consents.update': async (stage) => stage.client.audio.voiceConsents.update((await consent(stage)).id, { name: 'Ada L.' }),
  'audio.voices.create': async (stage) => {
    const audio_sample = await named('a.wav', await recording(stage))
    await stage.client.audio.voices.create({ name: 'Ada', consent: (await consent(stage)).id, audio_sample })
  },
  'audio.voices.delete': async (stage) => {
    const audio_sample = await named('a.wav', await recording(stage))
    const { id } = await stage.client.audio.voices.create({ name: 'Eve', consent: (await consent(stage)).id, audio_sample })
    await stage.client.audio.voices.delete(id)
  },

  'videos.list': async (stage) => {
    await film(stage)
    await all(stage.client.videos.list({ limit: 1 }))
  },
  'videos.create': async (stage) => {
    await film(stage)
    await stage.client.videos.create({ prompt: 'a heron', seconds: '8', size: '1280x720' })
  },
  'videos.characters.create': character,
  'videos.characters.retrieve': async (stage) => stage.client.videos.getCharacter((await character(stage)).id ?? ''),
  'videos.edit': async (stage) => stage.client.videos.edit({ video: { id: (await film(stage)).id }, prompt: 'in the rain' }),
  'videos.extend': async (stage) =>
    stage.client.videos.extend({ video: { id: (await film(stage)).id }, prompt: 'and lands', seconds: '4' }),
  'videos.delete': async ({ client }) => {
    const { id } = await client.videos.create({ prompt: 'nothing' })
    await until(
      () => client.videos.retrieve(id),
      ({ status }) => status === 'completed',
    )
    await client.videos.delete(id)
  },
  'videos.retrieve': film,
  'videos.content': async (stage) => {
    const { id } = await film(stage)
    for (const variant of ['video', 'thumbnail', 'spritesheet'] as const) {
      await (await stage.client.videos.downloadContent(id, { variant })).arrayBuffer()
    }
  },
  'videos.remix': async (stage) => stage.client.videos.remix((await film(stage)).id, { prompt: 'at night' }),

  'content_provenance_checks.create': async (stage) =>
    stage.client.contentProvenanceChecks.create({ file: await named('a.png', await picture(stage)) }),
} satisfies FamilyDrivers
