// Translations into English: what is heard, said to be English. The emulator knows no languages, so the words stay as they are.
import { bytes, json } from '../../answer.ts'
import type { Family } from '../../behaviour.ts'
import { invalidValue } from '../../errors.ts'
import { requireModel } from '../../model-list.ts'
import { choice, number, optional, readShape, string } from '../../shape.ts'
import { listen } from './listen.ts'
import { segmentsOf, toSrt, toVtt } from './transcript.ts'

const shape = {
  model: string(),
  prompt: optional(string()),
  response_format: optional(choice('json', 'text', 'srt', 'verbose_json', 'vtt')),
  temperature: optional(number({ min: 0, max: 1 })),
}

export const translations = {
  'audio.translations.create': async ({ platform, form: readForm }) => {
    await using form = await readForm()
    const request = readShape(shape, form.fields, { isForm: true })
    form.file('file')
    requireModel(platform, request.model, 'transcription')
    if (request.model !== 'whisper-1') throw invalidValue('model', request.model, ['whisper-1'])
    const heard = await listen(form)
    switch (request.response_format) {
      case 'text':
        return plain(`${heard.text}\n`)
      case 'srt':
        return plain(toSrt(heard))
      case 'vtt':
        return plain(toVtt(heard))
      case 'verbose_json': {
        const segments = segmentsOf(platform, heard, request.temperature ?? 0)
        return json({ task: 'translate', language: 'english', duration: heard.seconds, text: heard.text, segments })
      }
      case 'json':
      case undefined:
        return json({ text: heard.text })
    }
  },
} satisfies Family

const plain = (text: string): ReturnType<typeof bytes> => bytes(Buffer.from(text), 'text/plain; charset=utf-8')
