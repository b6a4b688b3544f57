// Answers from recordings, without a network: the same requests get the same bytes, at the pace they once came or faster.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { stream } from '../answer.ts'
import type { Answer } from '../answer.ts'
import type { RequestBody } from '../body.ts'
import type { Clock } from '../clock.ts'
import { ApiError } from '../errors.ts'
import { newId } from '../ids.ts'
import { bodyFacts } from '../journal.ts'
import { isObject } from '../shape.ts'
import { BrokenOff } from './broken-off.ts'
import { nearest } from './nearest.ts'
import type { Known } from './nearest.ts'
import {
  answerBytes,
  contentOfRecord,
  digestOfRecord,
  headersOf,
  keyOf,
  queryOf,
  readRecording,
  RecordingError,
  recordingNames,
} from './recording.ts'
import type { Mark } from './recording.ts'
import { digestOf, readContent } from './request-body.ts'
import { scrub, scrubQuery } from './scrub.ts'
import { createSpool, readSpooled } from './spool.ts'
import type { Spooled } from './spool.ts'
import type { Tape } from './tape.ts'

type ReplayerOptions = {
  readonly directory: string
  /** Whether a request nobody recorded is an error, or the emulator's own affair. */
  readonly isStrict: boolean
  /** 1 is the pace of the recording, 10 is ten times as fast, Infinity does not wait. */
  readonly speed: number
  /** Where large bodies wait until it is known whether they were recorded. */
  readonly spoolDirectory: string
  readonly clock: Clock
  readonly warn: (what: string, error: unknown) => void
}

const memoryBytesMax = 1 << 20

/** @throws RecordingError where the folder holds no recordings, or one that cannot be read */
export function createReplayer({ directory, isStrict, speed, spoolDirectory, clock, warn }: ReplayerOptions): Tape {
  const known = recordingNames(directory).map((name): Known => {
    const { request } = readRecording(directory, name)
    const query = queryOf(request.query)
    return {
      name,
      method: request.method,
      path: request.path,
      query,
      body: contentOfRecord(request.body),
      key: keyOf(request.method, request.path, query, digestOfRecord(request.body)),
    }
  })
  if (known.length === 0)
    throw new RecordingError(`There are no recordings in ${directory}: make some with --record, or name another folder.`)
  const byKey = Map.groupBy(known, ({ key }) => key)
  const places = new Set(known.map(({ method, path }) => `${method} ${path}`))
  /** How many answers of a key have been given. */
  let given = new Map<string, number>()

  /** The next of a key's recordings; the last one stays, as the end of a poll does. */
  const next = (key: string): Known | undefined => {
    const recordings = byKey.get(key)
    const count = given.get(key) ?? 0
    given.set(key, count + 1)
    return recordings?.[Math.min(count, recordings.length - 1)]
  }

  const answerOf = async (name: string, left: AbortSignal): Promise<Answer> => {
    const { answer } = readRecording(directory, name)
    let startedAt = clock.now()
    const until = async (afterMs: number): Promise<void> => {
      const remainingMs = startedAt + afterMs / speed - clock.now()
      if (remainingMs > 0) await clock.sleep(remainingMs, left)
    }
    await until(answer.head_after_ms)
    startedAt = clock.now()
    const { source, marks } = answerBytes(directory, answer)
    return stream(paced(source, marks, until, answer.end === 'cut'), { status: answer.status, headers: headersOf(answer.headers) })
  }

  const take: Tape['take'] = async (taped) => {
    const { method, path, rawQuery, request, response } = taped
    const query = queryOf(scrubQuery(rawQuery))
    const asked = { method, path: scrub(path), query }
    const isKnownPlace = places.has(`${method} ${asked.path}`)
    if (!isKnownPlace && !isStrict) return { recording: null, facts: {}, answer: null, body: request }
    const spooled = await spool(request, join(spoolDirectory, newId('request')))
    const discard = async (): Promise<void> => {
      if (spooled.file !== null) await rm(spooled.file, { force: true })
    }
    const body = await readContent(spooled, { headers: request.headers })
    const facts = body.kind === 'json' && isObject(body.value) ? bodyFacts(body.value, spooled.sizeBytes) : { bodyBytes: spooled.sizeBytes }
    const found = next(keyOf(method, asked.path, query, digestOf(body)))
    if (found !== undefined) {
      await discard()
      return { recording: found.name, facts, answer: await answerOf(found.name, departureOf(response)) }
    }
    if (!isStrict) {
      response.once('close', () => void discard())
      return { recording: null, facts, answer: null, body: bodyAgain(spooled, request) }
    }
    await discard()
    const message = `No recording fits ${method} ${path}${rawQuery === '' ? '' : `?${scrubQuery(rawQuery)}`}. ${nearest(known, { ...asked, body })}`
    warn('nothing was recorded for a request', message)
    throw new ApiError(501, message, { type: 'server_error', code: 'no_recording', headers: ['x-should-retry', 'false'] })
  }
  return {
    take,
    restart: () => {
      given = new Map()
    },
  }
}

/** The bytes, each when its time has come; what no mark knows of comes at once. */
async function* paced(
  source: AsyncIterable<Buffer>,
  marks: readonly Mark[],
  until: (afterMs: number) => Promise<void>,
  isCut: boolean,
): AsyncGenerator<Uint8Array> {
  let index = -1
  let left = 0
  for await (const chunk of source) {
    for (let rest = chunk; rest.length > 0;) {
      while (left === 0) {
        const [afterMs, sizeBytes] = marks[++index] ?? [0, Infinity]
        left = sizeBytes
        await until(afterMs)
      }
      const piece = rest.subarray(0, left)
      yield piece
      left -= piece.length
      rest = rest.subarray(piece.length)
    }
  }
  if (isCut) throw new BrokenOff()
}

async function spool(request: IncomingMessage, file: string): Promise<Spooled> {
  const kept = createSpool({ file, memoryBytesMax, isScrubbed: false })
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) await kept.push(chunk)
    return await kept.end()
  } catch (error) {
    await kept.discard()
    throw error
  }
}

/** The body once more, for whoever answers instead. */
const bodyAgain = (spooled: Spooled, { method, headers }: IncomingMessage): RequestBody =>
  Object.assign(readSpooled(spooled), { method: method ?? 'GET', headers, complete: true })

function departureOf(response: ServerResponse): AbortSignal {
  const left = new AbortController()
  response.once('close', () => left.abort())
  return left.signal
}
