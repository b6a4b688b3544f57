// Transcriptions: an upload as text, in the format that was asked for, or in events.
import { bytes, json, sse } from '../../answer.ts'
import type { Answer, SseEvent } from '../../answer.ts'
import type { Call, Family } from '../../behaviour.ts'
import { invalid, invalidValue } from '../../errors.ts'
import { requireModel } from '../../model-list.ts'
import { anything, array, boolean, choice, isObject, number, optional, readShape, string, textOr } from '../../shape.ts'
import type { Values } from '../../shape.ts'
import { paced } from '../generation.ts'
import { listen } from './listen.ts'
import type { Heard } from './listen.ts'
import { diarized, durationUsage, segmentsOf, tokenUsage, toSrt, toVtt, transcriptLogprobs, wordsOf } from './transcript.ts'

const formats = ['json', 'text', 'srt', 'verbose_json', 'vtt', 'diarized_json'] as const
type Format = (typeof formats)[number]

const shape = {
  model: string(),
  chunking_strategy: optional(anything()),
  include: optional(array(choice('logprobs'))),
  keywords: optional(array(string())),
  known_speaker_names: optional(array(string(), { max: 4 })),
  known_speaker_references: optional(array(string(), { max: 4 })),
  language: optional(string()),
  languages: optional(array(string(), { min: 1 })),
  prompt: optional(string()),
  response_format: optional(choice(...formats)),
  stream: optional(boolean()),
  temperature: optional(number({ min: 0, max: 1 })),
  timestamp_granularities: optional(array(choice('word', 'segment'))),
}
type Request = Values<typeof shape>

export const transcriptions = {
  'audio.transcriptions.create': async (call) => {
    await using form = await call.form()
    const request = readShape(shape, form.fields, { isForm: true })
    form.file('file')
    requireModel(call.platform, request.model, 'transcription')
    const format = readFormat(request)
    checkOptions(request, format)
    const heard = await listen(form)
    requireChunking(request, heard)
    // Quirk: Whisper does not stream, and says nothing about it.
    return request.stream === true && !isWhisper(request) ? streamed(call, request, format, heard) : whole(call, request, format, heard)
  },
} satisfies Family

const isWhisper = ({ model }: Request): boolean => model === 'whisper-1'
const isDiarizing = ({ model }: Request): boolean => model.endsWith('-diarize')
const isNewest = ({ model }: Request): boolean => model === 'gpt-transcribe'

function readFormat(request: Request): Format {
  const format = request.response_format ?? 'json'
  const known: readonly Format[] = isWhisper(request)
    ? ['json', 'text', 'srt', 'verbose_json', 'vtt']
    : isDiarizing(request)
      ? ['json', 'text', 'diarized_json']
      : ['json', 'text']
  if (known.includes(format)) return format
  const quoted = known.map((each) => `'${each}'`)
  const instead = quoted.length === 2 ? quoted.join(' or ') : `${quoted.slice(0, -1).join(', ')}, or ${quoted.at(-1)}`
  throw invalid(
    `response_format '${format}' is not compatible with model '${request.model}'. Use ${instead} instead.`,
    'response_format',
    'unsupported_value',
  )
}

function checkOptions(request: Request, format: Format): void {
  checkLanguage(request.language)
  const refuse = (name: keyof Request, why: string): Error => invalid(`${name} ${why}`, name, 'unsupported_value')
  if (request.timestamp_granularities !== undefined && format !== 'verbose_json')
    throw refuse('timestamp_granularities', "is only supported with response_format 'verbose_json'.")
  const canLog = /^gpt-4o(?:-mini)?-transcribe(?!-diarize)/.test(request.model) && format === 'json'
  if (request.include !== undefined && !canLog)
    throw refuse('include', `is not supported with model '${request.model}' and response_format '${format}'.`)
  if (request.prompt !== undefined && isDiarizing(request)) throw refuse('prompt', `is not supported with model '${request.model}'.`)
  for (const name of ['keywords', 'languages'] as const)
    if (request[name] !== undefined && !isNewest(request)) throw refuse(name, `is not supported with model '${request.model}'.`)
  if ((request.known_speaker_names?.length ?? 0) !== (request.known_speaker_references?.length ?? 0))
    throw invalid(
      'known_speaker_names and known_speaker_references must have the same length.',
      'known_speaker_references',
      'invalid_value',
    )
}

/** Quirk: languages have two or three letters; their names are refused. */
function checkLanguage(language: string | undefined): void {
  if (language !== undefined && !/^[a-z]{2,3}$/i.test(language))
    throw invalid(
      `Invalid language '${language}'. Language parameter must be specified in ISO-639-1 format.`,
      'language',
      'invalid_language_format',
    )
}

const unchunkedSecondsMax = 30

function requireChunking(request: Request, { seconds }: Heard): void {
  const { chunking_strategy: strategy } = request
  // An object of a form is nested fields, or JSON in one.
  const isKnown = strategy === undefined || strategy === 'auto' || isObject(strategy) || textOr(strategy).trimStart().startsWith('{')
  if (!isKnown) throw invalidValue('chunking_strategy', strategy, ['auto'])
  if (isDiarizing(request) && strategy === undefined && seconds > unchunkedSecondsMax)
    throw invalid('chunking_strategy is required for diarization models', 'chunking_strategy', 'missing_required_parameter')
}

const plain = (text: string): Answer => bytes(Buffer.from(text), 'text/plain; charset=utf-8')

function whole({ platform }: Call, request: Request, format: Format, heard: Heard): Answer {
  const { text, seconds } = heard
  switch (format) {
    case 'text':
      return plain(`${text}\n`)
    case 'srt':
      return plain(toSrt(heard))
    case 'vtt':
      return plain(toVtt(heard))
    case 'diarized_json': {
      const segments = diarized(heard, request.known_speaker_names ?? [])
      return json({ task: 'transcribe', duration: seconds, text, segments, usage: durationUsage(heard) })
    }
    case 'verbose_json': {
      const wanted = request.timestamp_granularities ?? ['segment']
      return json({
        task: 'transcribe',
        language: nameOf(request.language ?? 'en'),
        duration: seconds,
        text,
        ...(wanted.includes('word') ? { words: wordsOf(heard) } : {}),
        ...(wanted.includes('segment') ? { segments: segmentsOf(platform, heard, request.temperature ?? 0) } : {}),
        usage: durationUsage(heard),
      })
    }
    case 'json':
      return json({
        text,
        ...languagesOf(request),
        ...(request.include === undefined ? {} : { logprobs: transcriptLogprobs(platform.tokens.split(text)) }),
        usage: isWhisper(request) ? durationUsage(heard) : tokenUsage(platform, heard, request.prompt ?? ''),
      })
  }
}

/** Whisper calls languages by their English names. */
const nameOf = (code: string): string => (new Intl.DisplayNames(['en'], { type: 'language' }).of(code) ?? code).toLowerCase()

const languagesOf = (request: Request): object =>
  isNewest(request) ? { languages: (request.languages ?? [request.language ?? 'en']).map((code) => ({ code })) } : {}

function streamed({ platform, signal }: Call, request: Request, format: Format, heard: Heard): Answer {
  return sse(paced(platform, events(), platform.settings.tokenPaceMs, signal))

  function* events(): Generator<SseEvent> {
    const isLogged = request.include !== undefined
    if (format === 'diarized_json') {
      for (const [index, segment] of diarized(heard, request.known_speaker_names ?? []).entries()) {
        // Deltas put together are the text, with the blank between two sentences.
        for (const delta of platform.tokens.split(`${index > 0 ? ' ' : ''}${segment.text}`))
          yield { data: { type: 'transcript.text.delta', delta, segment_id: segment.id } }
        yield { data: segment }
      }
    } else {
      for (const delta of platform.tokens.split(heard.text))
        yield { data: { type: 'transcript.text.delta', delta, ...(isLogged ? { logprobs: transcriptLogprobs([delta]) } : {}) } }
    }
    yield {
      data: {
        type: 'transcript.text.done',
        text: heard.text,
        ...languagesOf(request),
        ...(isLogged ? { logprobs: transcriptLogprobs(platform.tokens.split(heard.text)) } : {}),
        usage: tokenUsage(platform, heard, request.prompt ?? ''),
      },
    }
  }
}
