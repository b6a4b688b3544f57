// An answer sent broken, as a fault has it: silent, dripping, malformed, of the wrong length, cut or reset.
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from '../answer.ts'
import type { Clock } from '../clock.ts'
import { contentOf, write } from '../send.ts'
import type { Content } from '../send.ts'
import type { Fault } from './fault.ts'
import { malformed } from './malformed.ts'

type Sending = {
  readonly answer: Answer
  readonly fault: Fault
  readonly response: ServerResponse
  readonly headers: readonly string[]
  readonly clock: Clock
}

/** As `send`, and just as finished when it resolves. */
export async function sendFaulty({ answer, fault, response, headers, clock }: Sending): Promise<void> {
  const left = new AbortController()
  response.once('close', () => left.abort())
  const wait = (ms: number): Promise<void> => clock.sleep(ms, left.signal)

  if (fault.silence?.at === 'before') await wait(fault.silence.ms)
  if (response.destroyed) return
  if (fault.end?.at === 'before') return breakOff(response, fault.end.how)

  const content = await wrongLength(fault.malformed === null ? contentOf(answer) : malformed(contentOf(answer), fault.malformed), fault)
  const length = content.sizeBytes === null ? [] : ['content-length', String(content.sizeBytes)]
  response.writeHead(answer.status, [...headers, ...content.headers, ...length])
  response.flushHeaders()
  for await (const piece of pieces(content.chunks, fault, wait)) if (!(await write(response, piece))) return
  if (fault.end !== null) return breakOff(response, fault.end.how)
  response.end()
  // A length that is wrong would make the next answer on this connection part of this one, or have the client wait for ever.
  if (fault.lengthOff !== null) response.socket?.destroySoon()
}

/** A stream has no length of its own: it is collected to get one. */
async function wrongLength(content: Content, { lengthOff }: Fault): Promise<Content> {
  if (lengthOff === null) return content
  const chunks: Uint8Array[] = []
  for await (const chunk of content.chunks) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  return { ...content, sizeBytes: Math.max(0, body.length + lengthOff), chunks: again(body) }
}

async function* again(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body
}

/** How often a dripping body comes, at most. */
const dripsPerSecond = 20

/** The body up to its end, cut where something happens: a silence, the next drop, the point where it breaks off. */
async function* pieces(
  chunks: AsyncIterable<Uint8Array>,
  { silence, end, dripBytesPerSecond }: Fault,
  wait: (ms: number) => Promise<void>,
): AsyncGenerator<Uint8Array> {
  let sent = 0
  let silenceAt = silence === null || silence.at === 'before' ? Infinity : silence.at
  const endAt = end === null || end.at === 'before' ? Infinity : end.at
  for await (const chunk of chunks) {
    for (let rest = chunk; rest.length > 0;) {
      if (silenceAt === sent) {
        silenceAt = Infinity
        await wait(silence?.ms ?? 0)
      }
      if (endAt === sent) return
      const drop = dripBytesPerSecond === null ? Infinity : Math.max(1, Math.floor(dripBytesPerSecond / dripsPerSecond))
      const piece = rest.subarray(0, Math.min(drop, silenceAt - sent, endAt - sent))
      yield piece
      sent += piece.length
      rest = rest.subarray(piece.length)
      if (dripBytesPerSecond !== null && endAt !== sent) await wait((piece.length / dripBytesPerSecond) * 1000)
    }
  }
}

/** Time for what was sent to be read: a reset may throw away what has only arrived. */
const resetDelayMs = 20

async function breakOff(response: ServerResponse, how: 'cut' | 'reset'): Promise<void> {
  const { socket } = response
  if (socket === null || socket.destroyed) return
  if (how === 'cut') return socket.destroySoon()
  await new Promise((resolve) => socket.write('', resolve))
  await sleep(resetDelayMs)
  socket.resetAndDestroy()
}
