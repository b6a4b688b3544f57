// A recording as it lies in its folder: one readable JSON file an exchange, what is large or not text beside it. People may edit them.
import { createReadStream, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isObject } from '../shape.ts'
import type { BodyContent } from './request-body.ts'
import { digestOf, sha256 } from './request-body.ts'
import type { Spooled } from './spool.ts'

export type Pairs = readonly (readonly [name: string, value: string])[]

/** `name: value`, in the order and the case they came in. */
type HeaderLines = readonly string[]

/** When bytes came: milliseconds after the head, and how many. */
export type Mark = readonly [afterMs: number, sizeBytes: number]

export type Recording = {
  readonly recorded_at: string
  readonly request: {
    readonly method: string
    readonly path: string
    /** As it stands behind the question mark. */
    readonly query: string
    readonly headers: HeaderLines
    readonly body: RequestRecord | null
  }
  readonly answer: {
    readonly status: number
    readonly headers: HeaderLines
    /** From the last byte of the request, or its first where the answer came earlier, to the head of the answer. */
    readonly head_after_ms: number
    readonly body: AnswerRecord | null
    /** When the bytes came, where they did not come all at once and the body does not say it itself. */
    readonly timing?: readonly Mark[]
    readonly end: 'whole' | 'cut'
  }
}

export type RequestRecord =
  | { readonly json: unknown }
  | { readonly form: readonly PartRecord[] }
  | { readonly text: string }
  | { readonly file: string; readonly size_bytes: number; readonly digest: string }

export type PartRecord =
  | { readonly name: string; readonly value: string }
  | {
      readonly name: string
      readonly filename: string
      readonly content_type: string
      readonly size_bytes: number
      readonly sha256: string
      /** Where its content lies, for people: what counts is the sum. */
      readonly file: string
    }

export type AnswerRecord =
  /** Written with so many blanks of indentation, and with a line end or not. */
  | { readonly json: unknown; readonly indent: number; readonly line_end: boolean }
  | { readonly chunks: readonly ChunkRecord[] }
  | { readonly text: string }
  | { readonly base64: string }
  | { readonly file: string }

export type ChunkRecord = { readonly after_ms: number } & ({ readonly text: string } | { readonly base64: string })

/** A folder of recordings that cannot be read, in words for whoever has it. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError'
}

const fileName = /^\d{4,}-.*\.json$/
/** The bodies beside a recording are JSON too, sometimes. */
const bodyName = /\.(?:request|answer|part\d+)\.\w+$/

export const isRecordingName = (name: string): boolean => fileName.test(name) && !bodyName.test(name)

/** In the order they were made. */
export function recordingNames(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .filter(isRecordingName)
      .toSorted((one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10))
  } catch (error) {
    throw new RecordingError(`The folder of recordings ${directory} cannot be read: ${reasonOf(error)}.`, { cause: error })
  }
}

export function readRecording(directory: string, name: string): Recording {
  try {
    const read: unknown = JSON.parse(readFileSync(join(directory, name), 'utf8'))
    if (!isObject(read) || !isObject(read['request']) || !isObject(read['answer'])) throw new Error('it has no request and answer')
    return read as Recording
  } catch (error) {
    throw new RecordingError(`The recording ${join(directory, name)} cannot be read: ${reasonOf(error)}.`, { cause: error })
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Flat name-value pairs of recorded lines. */
export const headersOf = (lines: HeaderLines): string[] =>
  lines.flatMap((line) => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).trim()]
  })

export const queryOf = (text: string): Pairs => [...new URLSearchParams(text)]

/** What two requests have to share to be the same: everything but their headers. */
export const keyOf = (method: string, path: string, query: Pairs, digest: string): string =>
  JSON.stringify([method, path, normalized(query), digest])

/** Sorted by name; the values of one name keep their order. */
export const normalized = (query: Pairs): Pairs => query.toSorted(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))

export function digestOfRecord(body: RequestRecord | null): string {
  const content = contentOfRecord(body)
  return typeof content === 'string' ? content : digestOf(content)
}

/** A body on disk is known by its digest only. */
export function contentOfRecord(body: RequestRecord | null): BodyContent | string {
  if (body === null) return { kind: 'none' }
  if ('json' in body) return { kind: 'json', value: body.json }
  if ('text' in body) return { kind: 'bytes', sizeBytes: Buffer.byteLength(body.text), sha256: sha256(body.text) }
  if ('file' in body) return body.digest
  return {
    kind: 'form',
    parts: body.form.map((part) =>
      'value' in part
        ? part
        : {
            name: part.name,
            filename: part.filename,
            contentType: part.content_type,
            sizeBytes: part.size_bytes,
            sha256: part.sha256,
          },
    ),
  }
}

/** The body of an answer in the most readable form that gives back every byte. */
export function answerRecord(
  spooled: Spooled,
  marks: readonly Mark[],
  contentType: string,
  fileOf: (file: string) => string,
): AnswerRecord | null {
  if (spooled.file !== null) return { file: fileOf(spooled.file) }
  const { bytes } = spooled
  if (bytes.length === 0) return null
  if (contentType.includes('event-stream')) {
    let at = 0
    return { chunks: marks.map(([afterMs, sizeBytes]) => ({ after_ms: afterMs, ...textRecord(bytes.subarray(at, (at += sizeBytes))) })) }
  }
  return (contentType.includes('json') ? jsonRecord(bytes) : null) ?? textRecord(bytes)
}

function textRecord(bytes: Buffer): { readonly text: string } | { readonly base64: string } {
  const text = bytes.toString('utf8')
  return Buffer.from(text).equals(bytes) ? { text } : { base64: bytes.toString('base64') }
}

function jsonRecord(bytes: Buffer): AnswerRecord | null {
  const text = bytes.toString('utf8')
  try {
    const json: unknown = JSON.parse(text)
    for (const indent of [0, 2])
      for (const hasLineEnd of [false, true]) {
        const record = { json, indent, line_end: hasLineEnd }
        if (writtenJson(record) === text) return record
      }
  } catch {
    // It says it is JSON, and is not.
  }
  return null
}

const writtenJson = ({ json, indent, line_end: hasLineEnd }: Extract<AnswerRecord, { readonly json: unknown }>): string =>
  `${JSON.stringify(json, null, indent)}${hasLineEnd ? '\n' : ''}`

/** The bytes of a recorded answer, and when they came. */
export function answerBytes(
  directory: string,
  { body, timing }: Recording['answer'],
): { readonly source: AsyncIterable<Buffer>; readonly marks: readonly Mark[] } {
  if (body === null) return { source: whole(Buffer.alloc(0)), marks: [] }
  if ('file' in body) return { source: createReadStream(join(directory, body.file)), marks: timing ?? [] }
  if ('chunks' in body) {
    const chunks = body.chunks.map(bytesOfText)
    return { source: whole(Buffer.concat(chunks)), marks: body.chunks.map((chunk, index) => [chunk.after_ms, chunks[index]?.length ?? 0]) }
  }
  return { source: whole('json' in body ? Buffer.from(writtenJson(body)) : bytesOfText(body)), marks: timing ?? [] }
}

const bytesOfText = (record: { readonly text: string } | { readonly base64: string }): Buffer =>
  'text' in record ? Buffer.from(record.text) : Buffer.from(record.base64, 'base64')

async function* whole(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}
