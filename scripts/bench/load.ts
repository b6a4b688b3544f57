// The process at both ends of the bench: the upstream and the clients. It takes one task at a time from the coordinator over IPC.
import { createHolder, runClosedLoop, runOpenLoop, runStreams, runUploads, type LoadResult } from './loads.ts'
import { startUpstream } from './upstream.ts'

export type LoadTask =
  | { readonly kind: 'json'; readonly port: number; readonly connections: number; readonly durationMs: number }
  | { readonly kind: 'burst'; readonly port: number; readonly connections: number; readonly durationMs: number }
  | { readonly kind: 'paced'; readonly port: number; readonly streams: number }
  | { readonly kind: 'upload'; readonly port: number; readonly uploads: number; readonly fileBytes: number }
  | {
      readonly kind: 'latency'
      readonly port: number
      readonly connections: number
      readonly ratePerSecond: number
      readonly durationMs: number
    }
  | { readonly kind: 'hold'; readonly port: number; readonly streams: number }
  | { readonly kind: 'release' }
  | { readonly kind: 'last-head' }

export type LoadReply =
  | { readonly kind: 'ready'; readonly upstreamPort: number }
  | { readonly kind: 'done'; readonly result: LoadResult }
  | { readonly kind: 'head'; readonly head: string }

const upstream = await startUpstream()
const holder = createHolder()
const nothing: LoadResult = { completed: 0, elapsedMs: 0, failures: {} }

async function run(task: LoadTask): Promise<LoadReply> {
  switch (task.kind) {
    case 'json':
      upstream.answerWith('json')
      return { kind: 'done', result: await runClosedLoop({ ...task, isStreaming: false }) }
    case 'burst':
      upstream.answerWith('burst')
      return { kind: 'done', result: await runClosedLoop({ ...task, isStreaming: true }) }
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
    case 'last-head':
      return { kind: 'head', head: upstream.lastHead() }
  }
}

const reply = (message: LoadReply): void => {
  process.send?.(message)
}

process.on('message', (task: LoadTask) => void run(task).then(reply))
process.on('disconnect', () => process.exit(0))
reply({ kind: 'ready', upstreamPort: upstream.port })
