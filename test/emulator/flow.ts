// A flow is a thing people do in many calls. Each is told once and proved twice: straight on, and with relay and emulator
// stopped and started again in its middle.
import { test } from 'node:test'
import type OpenAI from 'openai'
import { startRestartingWorld } from '../harness/restarting-world.ts'

export type Flow = {
  /** The SDK; ask again after `middle`. */
  readonly client: () => OpenAI
  /** Where the restart happens, when there is one. Things under way have to be under way here. */
  readonly middle: () => Promise<void>
}

export function flow(name: string, run: (flow: Flow) => Promise<void>): void {
  for (const hasRestart of [false, true]) {
    test(hasRestart ? `${name}, across a restart` : name, async () => {
      // Slow enough that a job is met in the middle of its way.
      await using world = await startRestartingWorld({ emulatorJobMs: hasRestart ? 60 : 10 })
      let restarts = 0
      await run({
        client: () => world.client,
        middle: async () => {
          if (hasRestart && restarts++ === 0) await world.restart()
        },
      })
      if (hasRestart && restarts === 0) throw new Error('the flow has no middle')
    })
  }
}
