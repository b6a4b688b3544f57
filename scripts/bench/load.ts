// The process at both ends of the bench: the upstream and the clients. It takes one task at a time from the coordinator over IPC.
import { createHolder, runClosedLoop, runOpenLoop, runStreams, runUploads, type LoadResult } from './loads.ts'
import { answerBodyBytes, chatRequest, getRequest, jsonAnswerBody, objectBody, responseRequest, streamBodyBytes } from './payloads.ts'
import { startUpstream, type AnswerMode } from './upstream.ts'

export type LoadTask =
  | { readonly kind: 'json'; readonly port: number; readonly connections: number; readonly durationMs: number }
  | { readonly kind: 'burst'; readonly port: number; readonly connections: number; readonly durationMs: number }
  | { readonly kind: 'paced'; readonly port: number; readonly streams: number }
  | { readonly kind: 'upload'; readonly port: number; readonly uploads: number; readonly fileBytes: number; readonly token?: string }
  | {
      readonly kind: 'latency'
      readonly port: number
      readonly connections: number
      readonly ratePerSecond: number
      readonly durationMs: number
    }
  | { readonly kind: 'hold'; readonly port: number; readonly streams: number }
  | { readonly kind: 'release' }
  | {
      readonly kind: 'exchanges'
      readonly exchange: ExchangeKind
      readonly port: number
      readonly connections: number
      readonly durationMs: number
      readonly token: string
      /** Ids that the requests name in turn, where they name one. */
      readonly ids: readonly string[]
    }
  | { readonly kind: 'answer'; readonly mode: AnswerMode }
  | { readonly kind: 'last-head' }

/** A request of its kind, with any token and any ids. */
export type ExchangeKind = 'chat' | 'stream' | 'response' | 'continued' | 'file'

export type LoadReply =
  | { readonly kind: 'ready'; readonly upstreamPort: number }
  | { readonly kind: 'done'; readonly result: LoadResult }
  | { readonly kind: 'head'; readonly head: string }

const upstream = await startUpstream()
const holder = createHolder()
const chat = chatRequest({ isStreaming: false })
const streamed = chatRequest({ isStreaming: true })
const nothing: LoadResult = { completed: 0, elapsedMs: 0, failures: {} }

async function run(task: LoadTask): Promise<LoadReply> {
  switch (task.kind) {
    case 'json':
      upstream.answerWith('json')
      return { kind: 'done', result: await runClosedLoop({ ...task, requests: [chat], bodyBytes: jsonAnswerBody.length }) }
    case 'burst':
      upstream.answerWith('burst')
      return { kind: 'done', result: await runClosedLoop({ ...task, requests: [streamed], bodyBytes: streamBodyBytes }) }
    case 'paced':
      upstream.answerWith('paced')
      return { kind: 'done', result: await runStreams(task) }
    case 'upload':
      upstream.answerWith('upload')
      return { kind: 'done', result: await runUploads(task) }
    case 'latency':
      upstream.answerWith('json')
      return { kind: 'done', result: await runOpenLoop(task) }
    case 'hold':
      upstream.answerWith('idle')
      return { kind: 'done', result: await holder.hold(task) }
    case 'release':
      holder.release()
      // A contender that starts next is asked for an answer that ends.
      upstream.answerWith('json')
      return { kind: 'done', result: nothing }
    case 'exchanges': {
      const { mode, bodyBytes, requests } = exchangesOf(task)
      upstream.answerWith(mode)
      return { kind: 'done', result: await runClosedLoop({ ...task, requests, bodyBytes }) }
    }
    case 'answer':
      upstream.answerWith(task.mode)
      return { kind: 'done', result: nothing }
    case 'last-head':
      return { kind: 'head', head: upstream.lastHead() }
  }
}

type Exchanges = { readonly mode: AnswerMode; readonly bodyBytes: number; readonly requests: readonly Buffer[] }

function exchangesOf({ exchange, token, ids }: Extract<LoadTask, { readonly kind: 'exchanges' }>): Exchanges {
  switch (exchange) {
    case 'chat':
      return { mode: 'json', bodyBytes: jsonAnswerBody.length, requests: [chatRequest({ isStreaming: false, token })] }
    case 'stream':
      return { mode: 'burst', bodyBytes: streamBodyBytes, requests: [chatRequest({ isStreaming: true, token })] }
    case 'response':
      return { mode: 'response', bodyBytes: answerBodyBytes, requests: [responseRequest({ token, previous: null })] }
    case 'continued':
      return { mode: 'response', bodyBytes: answerBodyBytes, requests: ids.map((previous) => responseRequest({ token, previous })) }
    case 'file':
      return { mode: 'object', bodyBytes: objectBody(ids[0] ?? '').length, requests: ids.map((id) => getRequest(`/v1/files/${id}`, token)) }
  }
}

const reply = (message: LoadReply): void => {
  process.send?.(message)
}

process.on('message', (task: LoadTask) => void run(task).then(reply))
process.on('disconnect', () => process.exit(0))
reply({ kind: 'ready', upstreamPort: upstream.port })
