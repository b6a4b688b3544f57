// Hearing an upload: what OpenAI says of files it does not take, and what the others say.
import { ApiError, invalid } from '../../errors.ts'
import type { Form } from '../../form.ts'
import type { Recording } from '../../media/recording.ts'

const bytesMax = 26_214_400
const shortestSeconds = 0.1

const formats = ['flac', 'm4a', 'mp3', 'mp4', 'mpeg', 'mpga', 'oga', 'ogg', 'wav', 'webm']
const types = /^(?:audio|video)\/(?:flac|x-flac|m4a|x-m4a|mp3|mp4|mpeg|mpga|ogg|wav|x-wav|wave|vnd\.wave|webm)\b/i

export type Heard = { readonly text: string; readonly seconds: number }

/** The `file` of a form, heard. */
export async function listen(form: Form): Promise<Heard> {
  const { filename, contentType, draft } = form.file('file')
  // Quirk: too large a file is answered with the status in the words, and as if it were the server's fault.
  if (draft.sizeBytes > bytesMax)
    throw new ApiError(413, `413: Maximum content size limit (${bytesMax}) exceeded (${draft.sizeBytes} bytes read)`, {
      type: 'server_error',
    })
  // Quirk: the name decides; a content type helps a name without an ending. Opus in a file of that name is refused, in .ogg it is not.
  const ending = /\.([^.]+)$/.exec(filename)?.[1]?.toLowerCase()
  if (ending === undefined ? !types.test(contentType) : !formats.includes(ending))
    throw invalid(`Invalid file format. Supported formats: [${formats.map((each) => `'${each}'`).join(', ')}]`)
  const { readRecording } = await import('../../media/recording.ts')
  const recording = readRecording(draft.path)
  if (recording === null) throw invalid('Audio file might be corrupted or unsupported', 'file', 'invalid_value')
  if (recording.seconds < shortestSeconds)
    throw invalid(`Audio file is too short. Minimum audio length is ${shortestSeconds} seconds.`, 'file', 'audio_too_short')
  return { text: await wordsOf(recording, draft.sizeBytes), seconds: Math.round(recording.seconds * 1000) / 1000 }
}

const sentences = [
  'This is the offline emulator, listening.',
  'It hears that there is a recording, but not what is said in it.',
  'The words are made up, and always the same for the same file.',
  'Somebody speaks, and somebody else seems to agree.',
  'There is a pause, and then it goes on.',
  'A number is mentioned, perhaps forty-two.',
  'Something is decided, and written down.',
  'Nobody disagrees for the moment.',
]

const secondsASentence = 4
const sentencesMax = 60

/** Speech of the emulator carries its words. For others there are sentences, more for a longer recording. */
async function wordsOf({ transcript, seconds }: Recording, sizeBytes: number): Promise<string> {
  if (transcript !== null) return transcript
  const { createSeries } = await import('../../media/series.ts')
  const next = createSeries(`${sizeBytes} bytes, ${seconds} seconds`)
  const count = Math.max(1, Math.min(sentencesMax, Math.floor(seconds / secondsASentence)))
  return Array.from({ length: count }, (_, index) => (index < 3 ? sentences[index] : sentences[next(sentences.length)])).join(' ')
}
