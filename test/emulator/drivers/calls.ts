// Drivers: realtime secrets, sessions and calls, live sessions, chatkit, webhook endpoints, safety.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type OpenAI from 'openai'
import type { LiveCreateResponse } from 'openai/resources/live/live'
import { all, type FamilyDrivers, type Stage } from '../stage.ts'

const sdp =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:111 opus/48000/2\r\n'
const transport = { type: 'webrtc', sdp } as const

/** A call's id stands only in the `Location` of the answer. */
const newCall = async ({ client }: Stage): Promise<string> => {
  const answer = await client.realtime.calls.create({ sdp, session: { type: 'realtime', model: 'gpt-realtime' } })
  await answer.text()
  return answer.headers.get('location')?.split('/').at(-1) ?? ''
}

const newLive = ({ client }: Stage): Promise<LiveCreateResponse> =>
  client.live.create({ session: { model: 'gpt-live-1', instructions: 'Be brief.', store: true }, transport })

const chat = ({ client, shared }: Stage): Promise<OpenAI.Beta.ChatKit.ChatSession> =>
  shared('chatkit session', () => client.beta.chatkit.sessions.create({ user: 'ada', workflow: { id: 'wf_abc' } }))

const chatThread = async (stage: Stage): Promise<OpenAI.Beta.ChatKit.ChatKitThread> => {
  await chat(stage)
  const [first] = await all(stage.client.beta.chatkit.threads.list({ user: 'ada' }))
  if (first === undefined) throw new Error('a session has no thread')
  return first
}

const endpoint = { name: 'mine', url: 'http://127.0.0.1:9/hook', event_types: ['batch.completed' as const] }
const hook = ({ client, shared }: Stage): Promise<OpenAI.Webhooks.WebhookEndpoint> =>
  shared('webhook', () => client.webhooks.create(endpoint))

export const callDrivers = {
  'realtime.calls.create': newCall,
  'realtime.calls.accept': async (stage) =>
    stage.client.realtime.calls.accept(await newCall(stage), { type: 'realtime', model: 'gpt-realtime', instructions: 'Be brief.' }),
  'realtime.calls.hangup': async (stage) => stage.client.realtime.calls.hangup(await newCall(stage)),
  'realtime.calls.refer': async (stage) => stage.client.realtime.calls.refer(await newCall(stage), { target_uri: 'tel:+14155550123' }),
  'realtime.calls.reject': async (stage) => stage.client.realtime.calls.reject(await newCall(stage), { status_code: 486 }),
  'realtime.client_secrets.create': async ({ client }) => {
    const expires_after = { anchor: 'created_at', seconds: 600 } as const
    await client.realtime.clientSecrets.create({
      expires_after,
      session: { type: 'realtime', model: 'gpt-realtime', instructions: 'Be brief.', audio: { output: { voice: 'marin' } } },
    })
    await client.realtime.clientSecrets.create({
      session: { type: 'transcription', audio: { input: { transcription: { model: 'whisper-1' } } } },
    })
  },
  'realtime.sessions.create': ({ client }) =>
    client.beta.realtime.sessions.create({ client_secret: {}, modalities: ['text'], instructions: 'Be brief.' }),
  'realtime.transcription_sessions.create': ({ client }) =>
    client.beta.realtime.transcriptionSessions.create({ input_audio_transcription: { model: 'whisper-1' } }),
  'realtime.translations.client_secrets.create': ({ client }) =>
    client.realtime.translations.clientSecrets.create({
      session: { model: 'gpt-realtime-translate', audio: { output: { language: 'es' } } },
    }),

  'live.sessions.create': newLive,
  'live.sessions.accept': async (stage) =>
    stage.client.live.sessions.accept((await newLive(stage)).session.id, { session: { type: 'live', model: 'gpt-live-1' } }),
  'live.sessions.content': async (stage) => {
    const { session } = await newLive(stage)
    await stage.client.live.sessions.hangup(session.id)
    await (await stage.client.live.sessions.downloadRecording(session.id)).arrayBuffer()
  },
  'live.sessions.fork': async (stage) => stage.client.live.sessions.fork((await newLive(stage)).session.id, { transport }),
  'live.sessions.hangup': async (stage) => stage.client.live.sessions.hangup((await newLive(stage)).session.id),
  'live.sessions.refer': async (stage) =>
    stage.client.live.sessions.refer((await newLive(stage)).session.id, { target_uri: 'tel:+14155550123' }),
  'live.sessions.reject': async (stage) => stage.client.live.sessions.reject((await newLive(stage)).session.id, { status_code: 486 }),

  'chatkit.sessions.create': chat,
  'chatkit.sessions.cancel': async ({ client }) => {
    const { id } = await client.beta.chatkit.sessions.create({ user: 'ben', workflow: { id: 'wf_abc' } })
    await client.beta.chatkit.sessions.cancel(id)
  },
  'chatkit.threads.list': chatThread,
  'chatkit.threads.delete': async (stage) => {
    const { client } = stage
    await client.beta.chatkit.sessions.create({ user: 'eve', workflow: { id: 'wf_abc' } })
    const [first] = await all(client.beta.chatkit.threads.list({ user: 'eve' }))
    await client.beta.chatkit.threads.delete(first?.id ?? '')
  },
  'chatkit.threads.retrieve': async (stage) => stage.client.beta.chatkit.threads.retrieve((await chatThread(stage)).id),
  'chatkit.threads.items.list': async (stage) => all(stage.client.beta.chatkit.threads.listItems((await chatThread(stage)).id)),

  'webhook_endpoints.list': async (stage) => {
    await hook(stage)
    await all(stage.client.webhooks.list())
  },
  'webhook_endpoints.create': hook,
  'webhook_endpoints.delete': async ({ client }) => client.webhooks.delete((await client.webhooks.create(endpoint)).id),
  'webhook_endpoints.retrieve': async (stage) => stage.client.webhooks.retrieve((await hook(stage)).id),
  'webhook_endpoints.update': async (stage) => stage.client.webhooks.update((await hook(stage)).id, { name: 'still mine' }),
  'webhook_endpoints.rotate_secret': async (stage) =>
    stage.client.webhooks.rotateSecret((await hook(stage)).id, { keep_old_secret_active_for_24_hours: true }),
  'webhook_endpoints.test': async ({ client }) => {
    const receiver = createServer((request, response) => void request.resume().on('end', () => response.end()))
    try {
      await once(receiver.listen(0, '127.0.0.1'), 'listening')
      const { port } = receiver.address() as AddressInfo
      const { id } = await client.webhooks.create({ ...endpoint, url: `http://127.0.0.1:${port}/hook` })
      await client.webhooks.test(id, { event_type: 'batch.completed' })
      await client.webhooks.delete(id)
    } finally {
      receiver.close()
      receiver.closeAllConnections()
    }
  },
  'webhook_event_types.list': ({ client }) => client.webhooks.eventTypes.list(),

  'safety.alerts.retrieve': ({ client }) => client.safety.alerts.retrieve('alert_1'),
  'safety.cases.retrieve': ({ client }) => client.safety.cases.retrieve('case_1'),
} satisfies FamilyDrivers
