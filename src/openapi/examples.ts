// Bodies that work as they stand, beside the schemas: a reader copies them, a test sends them. Ids are placeholders by name;
// whoever sends an example puts the ids of earlier answers in their places.
import type { WrapperId } from '../actions/wrappers.ts'
import type { EndpointId } from '../catalog/index.ts'

/** A PNG of one transparent pixel. */
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='
/** A WAV file: an eighth of a second of silence, 8 kHz, 8 bit. Transcribing wants a tenth at least. */
const silence = Buffer.concat([
  Buffer.from('UklGRgwEAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YegDAAA=', 'base64'),
  Buffer.alloc(1000, 0x80),
]).toString('base64')
const hello = { filename: 'hello.txt', mime_type: 'text/plain', data_base64: 'SGVsbG8sIHdvcmxkIQ==' }

const examples: { readonly [Id in WrapperId | EndpointId]?: unknown } = {
  'vector_stores.search': { query: 'Which word greets?', max_num_results: 5 },
  'responses.create': { model: 'gpt-5', input: 'Say hello.' },
  'chat.completions.create': { model: 'gpt-5', messages: [{ role: 'user', content: 'Say hello.' }] },
  'embeddings.create': { model: 'text-embedding-3-small', input: 'hello' },
  'actions.proxy': { method: 'GET', path: '/v1/models' },
  'actions.responses.stream': { model: 'gpt-5', input: 'Say hello.' },
  'actions.responses.collect': { model: 'gpt-5', input: 'Say hello.' },
  'actions.files.upload': { purpose: 'user_data', ...hello },
  'actions.files.contents': { file_ids: ['file_id'] },
  'actions.uploads.create': { purpose: 'batch', filename: 'hello.txt', bytes: 13, mime_type: 'text/plain' },
  'actions.uploads.part': hello,
  'actions.uploads.complete': { part_ids: ['part_id'] },
  'actions.uploads.cancel': {},
  'actions.batches.create': {
    endpoint: '/v1/responses',
    requests: [{ custom_id: 'greeting', body: { model: 'gpt-5', input: 'Say hello.' } }],
  },
  'actions.images.generate': { prompt: 'A lighthouse at night.', model: 'gpt-image-1', size: '1024x1024' },
  'actions.images.edit': { prompt: 'Add a moon.', model: 'gpt-image-1', image_base64: pixel },
  'actions.images.variation': { model: 'dall-e-2', size: '256x256', image_base64: pixel },
  'actions.audio.transcribe': { model: 'gpt-4o-transcribe', filename: 'silence.wav', mime_type: 'audio/wav', data_base64: silence },
  'actions.audio.translate': { model: 'whisper-1', filename: 'silence.wav', mime_type: 'audio/wav', data_base64: silence },
  'actions.audio.speak': { model: 'gpt-4o-mini-tts', voice: 'alloy', input: 'Hello.' },
  'actions.videos.create': { prompt: 'Waves on a beach.', model: 'sora-2', seconds: '4', size: '720x1280' },
  'actions.videos.remix': { prompt: 'At night.' },
  'actions.videos.generate': { prompt: 'Waves on a beach.', model: 'sora-2', seconds: '4', size: '720x1280' },
  'actions.vector_stores.attach': hello,
}

export const exampleOf = (id: WrapperId | EndpointId): unknown => examples[id]
