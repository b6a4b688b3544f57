// The loads of the bench. Each runs against one port and resolves when every request it sent is answered.
import { createClient, type Client, type Failures } from './client.ts'
import { chatRequest, jsonAnswerBody, streamBodyBytes, uploadAnswer, uploadRequest } from './payloads.ts'
import { percentile } from './statistics.ts'

export type LoadResult = {
  readonly completed: number
  readonly elapsedMs: number
  readonly failures: Record<string, number>
  readonly latencyMs?: { readonly p50: number; readonly p99: number }
}

const request = chatRequest({ isStreaming: false })
const streamRequest = chatRequest({ isStreaming: true })

/** Each connection sends its next request when the last is answered, until the time is over. The requests are sent in turn. */
export async function runClosedLoop(options: {
  port: number
  connections: number
  durationMs: number
  requests: readonly Buffer[]
  bodyBytes: number
}): Promise<LoadResult> {
  const { requests } = options
  const failures: Failures = new Map()
  const startedAt = performance.now()
  const endsAt = startedAt + options.durationMs
  let completed = 0
  let sent = 0
  const next = (): Buffer => requests[sent++ % requests.length] ?? request
  await new Promise<void>((resolve) => {
    let running = options.connections
    const onAnswer = (client: Client, isCorrect: boolean): void => {
      if (isCorrect) completed++
      if (performance.now() < endsAt) {
        // A server that refuses at once must not make this an endless loop in one turn.
        if (isCorrect) client.send(next())
        else setTimeout(() => client.send(next()), 5)
        return
      }
      client.destroy()
      if (--running === 0) resolve()
    }
    const expect = { bodyBytes: options.bodyBytes }
    for (let index = 0; index < options.connections; index++) createClient({ port: options.port, expect, failures, onAnswer }).send(next())
  })
  return { completed, elapsedMs: performance.now() - startedAt, failures: Object.fromEntries(failures) }
}

/** Every stream once, all open at the same time; their starts are spread over one interval between two events. */
export async function runStreams(options: { port: number; streams: number }): Promise<LoadResult> {
  const failures: Failures = new Map()
  const startedAt = performance.now()
  let completed = 0
  await new Promise<void>((resolve) => {
    let running = options.streams
    const onAnswer = (client: Client, isCorrect: boolean): void => {
      if (isCorrect) completed++
      client.destroy()
      if (--running === 0) resolve()
    }
    for (let index = 0; index < options.streams; index++) {
      const client = createClient({ port: options.port, expect: { bodyBytes: streamBodyBytes }, failures, onAnswer })
      setTimeout(() => client.send(streamRequest), (index * 10) / options.streams)
    }
  })
  return { completed, elapsedMs: performance.now() - startedAt, failures: Object.fromEntries(failures) }
}

/** Large multipart uploads at the same time; the file's content is one buffer, sent again and again. */
export async function runUploads(options: { port: number; uploads: number; fileBytes: number; token?: string }): Promise<LoadResult> {
  const failures: Failures = new Map()
  const startedAt = performance.now()
  const { before, after, bodyBytes } = uploadRequest(options.fileBytes, options.token)
  const answer = uploadAnswer(bodyBytes)
  const expect = { bodyBytes: answer.length - answer.indexOf('\r\n\r\n') - 4 }
  const content = Buffer.alloc(256 * 1024, 'relay bench ')
  let completed = 0
  await new Promise<void>((resolve) => {
    let running = options.uploads
    const onAnswer = (client: Client, isCorrect: boolean): void => {
      if (isCorrect) completed++
      client.destroy()
      if (--running === 0) resolve()
    }
    for (let index = 0; index < options.uploads; index++) {
      const client = createClient({ port: options.port, expect, failures, onAnswer })
      client.send(before)
      const socket = client.socket()
      let remaining = options.fileBytes
      const fill = (): void => {
        while (remaining > 0) {
          const length = Math.min(remaining, content.length)
          remaining -= length
          if (!socket.write(length === content.length ? content : content.subarray(0, length))) break
        }
        if (remaining > 0) socket.once('drain', fill)
        else socket.write(after)
      }
      fill()
    }
  })
  return { completed, elapsedMs: performance.now() - startedAt, failures: Object.fromEntries(failures) }
}

/**
 * Requests at fixed times, whether or not the earlier ones are answered. Latency counts from the time a request was due, also when it had to
 * wait for a connection. The loop spins instead of sleeping: a timer of one millisecond would be coarser than what is measured.
 */
export async function runOpenLoop(options: {
  port: number
  connections: number
  ratePerSecond: number
  durationMs: number
}): Promise<LoadResult> {
  const failures: Failures = new Map()
  const total = Math.floor((options.ratePerSecond * options.durationMs) / 1000)
  const intervalMs = 1000 / options.ratePerSecond
  const latencies: number[] = []
  const idle: Client[] = []
  const dueTimes = new Map<Client, number>()
  const waiting: number[] = []
  const clients: Client[] = []
  let startedAt = 0
  await new Promise<void>((resolve) => {
    let sent = 0
    let answered = 0
    const start = (client: Client, dueAt: number): void => {
      dueTimes.set(client, dueAt)
      client.send(request)
    }
    const onAnswer = (client: Client, isCorrect: boolean): void => {
      if (isCorrect) latencies.push(performance.now() - (dueTimes.get(client) ?? 0))
      answered++
      const dueAt = waiting.shift()
      if (dueAt === undefined) idle.push(client)
      else start(client, dueAt)
    }
    const expect = { bodyBytes: jsonAnswerBody.length }
    for (let index = 0; index < options.connections; index++) clients.push(createClient({ port: options.port, expect, failures, onAnswer }))
    idle.push(...clients)
    const spin = (): void => {
      const now = performance.now()
      for (; sent < total && startedAt + sent * intervalMs <= now; sent++) {
        const client = idle.pop()
        if (client === undefined) waiting.push(startedAt + sent * intervalMs)
        else start(client, startedAt + sent * intervalMs)
      }
      if (answered === total) resolve()
      else setImmediate(spin)
    }
    // The connections are open before the first request is due.
    setTimeout(() => {
      startedAt = performance.now()
      spin()
    }, 100)
  })
  for (const client of clients) client.destroy()
  latencies.sort((a, b) => a - b)
  return {
    completed: latencies.length,
    elapsedMs: performance.now() - startedAt,
    failures: Object.fromEntries(failures),
    latencyMs: { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) },
  }
}

/** Streams that stay open after their first event. Opened a few hundred at a time, so that no backlog overflows. */
export function createHolder(): { hold: (options: { port: number; streams: number }) => Promise<LoadResult>; release: () => void } {
  const held: Client[] = []
  return {
    hold: async ({ port, streams }) => {
      const failures: Failures = new Map()
      const startedAt = performance.now()
      const opened = new Set<Client>()
      await new Promise<void>((resolve) => {
        const missing = streams - held.length
        let asked = 0
        let settled = 0
        const next = (): void => {
          if (asked === missing) return
          asked++
          // The body never ends: an answer that does is a failure, also of a stream that was open before.
          const onAnswer = (client: Client): void => {
            if (!opened.delete(client)) advance()
          }
          const onFirstBody = (client: Client): void => {
            opened.add(client)
            advance()
          }
          const client = createClient({ port, expect: { bodyBytes: -1 }, failures, onAnswer, onFirstBody })
          held.push(client)
          client.send(streamRequest)
        }
        const advance = (): void => {
          if (++settled === missing) resolve()
          else next()
        }
        for (let index = 0; index < Math.min(200, missing); index++) next()
      })
      return { completed: opened.size, elapsedMs: performance.now() - startedAt, failures: Object.fromEntries(failures) }
    },
    release: () => {
      for (const client of held.splice(0)) client.destroy()
    },
  }
}
