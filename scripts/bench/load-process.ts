// The coordinator's hold on the load process: starts it on its core, hands it tasks, takes it down.
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { LoadReply, LoadTask } from './load.ts'
import type { LoadResult } from './loads.ts'
import { startPinned, stop, type Cores } from './pinning.ts'

export type LoadProcess = AsyncDisposable & {
  readonly upstreamPort: number
  run(task: LoadTask): Promise<LoadResult>
  lastHead(): Promise<string>
}

export async function startLoadProcess(cores: Cores): Promise<LoadProcess> {
  const child = startPinned({
    core: cores.load,
    command: process.execPath,
    args: [fileURLToPath(new URL('./load.ts', import.meta.url))],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const ready = await nextReply(child)
  if (ready.kind !== 'ready') throw new Error(`the load process answered ${ready.kind} at its start`)

  const ask = async (task: LoadTask): Promise<LoadReply> => {
    const reply = nextReply(child)
    child.send(task)
    return reply
  }

  return {
    upstreamPort: ready.upstreamPort,
    run: async (task) => {
      const reply = await ask(task)
      if (reply.kind !== 'done') throw new Error(`the load process answered ${reply.kind} to ${task.kind}`)
      return reply.result
    },
    lastHead: async () => {
      const reply = await ask({ kind: 'last-head' })
      return reply.kind === 'head' ? reply.head : ''
    },
    [Symbol.asyncDispose]: () => stop(child),
  }
}

function nextReply(child: ChildProcess): Promise<LoadReply> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => {
      child.off('message', onMessage)
      reject(new Error(`the load process ended with code ${code}`))
    }
    const onMessage = (reply: unknown): void => {
      child.off('exit', onExit)
      resolve(reply as LoadReply)
    }
    child.once('message', onMessage)
    child.once('exit', onExit)
  })
}
