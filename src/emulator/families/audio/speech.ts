// Speech: a text as sound in the format that was asked for, as a file or in events.
import { bytes, sse } from '../../answer.ts'
import type { SseEvent } from '../../answer.ts'
import type { Call, Family } from '../../behaviour.ts'
import { invalid, invalidValue } from '../../errors.ts'
import { requireModel } from '../../model-list.ts'
import type { Platform } from '../../platform.ts'
import { choice, either, number, object, optional, readShape, string } from '../../shape.ts'
import { paced } from '../generation.ts'
import { requireSpeakingVoice } from './voices.ts'

/** The voices of the older models; the newer ones have some more. */
const firstVoices = ['alloy', 'ash', 'coral', 'echo', 'fable', 'onyx', 'nova', 'sage', 'shimmer']
const allVoices = [...firstVoices, 'ballad', 'verse', 'marin', 'cedar']

const charactersMax = 4096
const tokensMax = 2000

const shape = {
  model: string(),
  input: string({ min: 1, max: charactersMax }),
  voice: either(string(), object({ id: string() })),
  instructions: optional(string({ max: charactersMax })),
  response_format: optional(choice('mp3', 'opus', 'aac', 'flac', 'wav', 'pcm')),
  speed: optional(number({ min: 0.25, max: 4 })),
  stream_format: optional(choice('sse', 'audio')),
}

export const speech = {
  'audio.speech.create': async (call) => {
    const { platform } = call
    const request = readShape(shape, await call.json())
    requireModel(platform, request.model, 'speech')
    const isFirst = request.model.startsWith('tts-1')
    const voice = readVoice(platform, request.voice, isFirst ? firstVoices : allVoices)
    const isStream = request.stream_format === 'sse'
    if (isStream && isFirst)
      throw invalid(`stream_format 'sse' is not supported with model '${request.model}'.`, 'stream_format', 'unsupported_value')
    const inputTokens = platform.tokens.count(request.input)
    if (!isFirst && inputTokens > tokensMax)
      throw invalid(
        `Input of ${inputTokens} tokens is over the maximum input limit of ${tokensMax} tokens. Please shorten your input.`,
        null,
        'invalid_value',
      )
    const { speak } = await import('../../media/speech.ts')
    const spoken = speak({ text: request.input, voice, speed: request.speed ?? 1, format: request.response_format ?? 'mp3' })
    if (!isStream) return bytes(spoken.bytes, spoken.contentType)
    const instructed = request.instructions === undefined ? 0 : platform.tokens.count(request.instructions)
    return sse(stream(call, spoken, inputTokens + instructed))
  },
} satisfies Family

function readVoice(platform: Platform, voice: string | { readonly id: string }, known: readonly string[]): string {
  if (typeof voice === 'string') {
    if (!known.includes(voice)) throw invalidValue('voice', voice, known)
    return voice
  }
  requireSpeakingVoice(platform, voice.id)
  return voice.id
}

const deltaBytes = 8192
const tokensPerSecond = 20

function stream(
  { platform, signal }: Call,
  spoken: { readonly bytes: Buffer; readonly seconds: number },
  inputTokens: number,
): Iterable<SseEvent> | AsyncIterable<SseEvent> {
  const outputTokens = Math.ceil(spoken.seconds * tokensPerSecond)
  return paced(platform, events(), platform.settings.tokenPaceMs, signal)

  function* events(): Generator<SseEvent> {
    for (let at = 0; at < spoken.bytes.length; at += deltaBytes)
      yield { data: { type: 'speech.audio.delta', audio: spoken.bytes.subarray(at, at + deltaBytes).toString('base64') } }
    yield {
      data: {
        type: 'speech.audio.done',
        usage: { input_tokens: inputTokens, output_tokens: outputTokens, total_tokens: inputTokens + outputTokens },
      },
    }
  }
}
