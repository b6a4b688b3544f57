// An exchange that is over becomes a recording: its bodies in their most readable form, its secrets gone.
import { createWriteStream } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { extname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { bodyFacts } from '../journal.ts'
import type { JournalEntry } from '../journal.ts'
import { shownValue } from '../secret-headers.ts'
import { isObject } from '../shape.ts'
import { answerRecord } from './recording.ts'
import type { Mark, PartRecord, Recording, RequestRecord } from './recording.ts'
import { digestOf, readContent } from './request-body.ts'
import type { BodyContent } from './request-body.ts'
import { scrub, scrubQuery } from './scrub.ts'
import type { Spooled } from './spool.ts'
import type { TapedRequest } from './tape.ts'

/** Larger bodies lie beside their recording. */
export const inlineBytesMax = 64 << 10

type Exchange = {
  readonly directory: string
  /** Of the recording, without `.json`. */
  readonly name: string
  readonly taped: TapedRequest
  readonly asked: Spooled
  readonly answer: {
    readonly head: IncomingMessage
    readonly headAfterMs: number
    readonly marks: readonly Mark[]
    readonly end: 'whole' | 'cut'
    readonly body: Spooled
  }
}

/** Writes it, and gives what the journal wants to know of the request. */
export async function saveRecording({ directory, name, taped, asked, answer }: Exchange): Promise<Partial<JournalEntry>> {
  const { method, path, rawQuery, request } = taped
  const partFiles: string[] = []
  const content = await readContent(asked, {
    headers: request.headers,
    onFile: async (index, filename, bytes) => {
      const file = `${name}.part${index + 1}.${extensionOf(filename)}`
      partFiles[index] = file
      await pipeline(bytes, createWriteStream(join(directory, file)))
    },
  })
  const contentType = answer.head.headers['content-type'] ?? ''
  const answerFile = await keep(directory, answer.body, `${name}.answer.${extensionOfType(contentType)}`)
  const body = answerRecord(answer.body, answer.marks, contentType, () => answerFile)
  const isTimed = body !== null && !('chunks' in body) && (answer.marks.at(-1)?.[0] ?? 0) > 0
  const recording: Recording = {
    recorded_at: new Date().toISOString(),
    request: {
      method,
      path: scrub(path),
      query: scrubQuery(rawQuery),
      headers: keptHeaders(request.rawHeaders),
      body: await requestRecord(directory, name, asked, content, partFiles),
    },
    answer: {
      status: answer.head.statusCode ?? 502,
      headers: keptHeaders(answer.head.rawHeaders),
      head_after_ms: answer.headAfterMs,
      body,
      ...(isTimed ? { timing: answer.marks } : {}),
      end: answer.end,
    },
  }
  await writeFile(join(directory, `${name}.json`), readable(recording))
  return content.kind === 'json' && isObject(content.value) ? bodyFacts(content.value, asked.sizeBytes) : { bodyBytes: asked.sizeBytes }
}

/** Pairs of numbers on one line: a long download has thousands of marks. */
const readable = (recording: Recording): string =>
  `${JSON.stringify(recording, null, 2).replaceAll(/\[\n\s+(\d+),\n\s+(\d+)\n\s+\]/g, '[$1, $2]')}\n`

async function requestRecord(
  directory: string,
  name: string,
  asked: Spooled,
  content: BodyContent,
  partFiles: readonly string[],
): Promise<RequestRecord | null> {
  if (content.kind === 'none') return null
  if (content.kind === 'form') {
    if (asked.file !== null) await rm(asked.file, { force: true })
    return {
      form: content.parts.map((part, index): PartRecord =>
        'value' in part
          ? part
          : {
              name: part.name,
              filename: part.filename,
              content_type: part.contentType,
              size_bytes: part.sizeBytes,
              sha256: part.sha256,
              file: partFiles[index] ?? '',
            },
      ),
    }
  }
  if (asked.file === null && content.kind === 'json') return { json: content.value }
  if (asked.file === null && Buffer.from(asked.bytes.toString('utf8')).equals(asked.bytes)) return { text: asked.bytes.toString('utf8') }
  const file = await keep(directory, asked, `${name}.request.${content.kind === 'json' ? 'json' : 'bin'}`, true)
  return { file, size_bytes: asked.sizeBytes, digest: digestOf(content) }
}

/** Gives what was spooled to disk its lasting name; what was not is written there only when that is wanted. */
async function keep(directory: string, spooled: Spooled, name: string, isWanted = false): Promise<string> {
  if (spooled.file !== null) await rename(spooled.file, join(directory, name))
  else if (isWanted) await writeFile(join(directory, name), spooled.bytes)
  return name
}

/** Without what belongs to one connection and what names or opens an account. */
function keptHeaders(raw: readonly string[]): readonly string[] {
  const pairs = Array.from({ length: raw.length / 2 }, (_, index) => [raw[index * 2] ?? '', raw[index * 2 + 1] ?? ''] as const)
  return pairs.flatMap(([name, value]) => {
    const shown = /^(?:connection|keep-alive|transfer-encoding)$/i.test(name) ? null : shownValue(name, value)
    return shown === null ? [] : [`${name}: ${scrub(shown)}`]
  })
}

const extensionOf = (filename: string): string => (/^\.\w+$/.test(extname(filename)) ? extname(filename).slice(1).toLowerCase() : 'bin')

const extensions: readonly (readonly [type: RegExp, extension: string])[] = [
  [/\bjson\b/, 'json'],
  [/event-stream/, 'txt'],
  [/^text\//, 'txt'],
  [/zip/, 'zip'],
  [/^(?:image|audio|video|application)\/(?:png|webp|gif|flac|ogg|wav|mp4|pdf)/, ''],
  [/jpe?g/, 'jpg'],
  [/mpeg/, 'mp3'],
]

function extensionOfType(contentType: string): string {
  const extension = extensions.find(([type]) => type.test(contentType))?.[1]
  return extension === '' ? (/\/(\w+)/.exec(contentType)?.[1] ?? 'bin') : (extension ?? 'bin')
}
