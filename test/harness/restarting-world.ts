// A relay on its emulator that can be stopped and started again on the same data, for what has to survive that.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type OpenAI from 'openai'
import type { Settings } from '../../src/config/settings.ts'
import { sdkOf } from './sdk.ts'
import { startWorld, type World } from './world.ts'

export type RestartingWorld = {
  /** The SDK in front of the running one; another after `restart`. */
  readonly client: OpenAI
  readonly restart: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

export async function startRestartingWorld(settings: Partial<Settings> = {}): Promise<RestartingWorld> {
  await using undo = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'relay-restarting-'))
  undo.defer(() => rm(dataDir, { recursive: true, force: true }))
  const start = (): Promise<World> => startWorld({ upstream: 'emulator', settings: { ...settings, dataDir } })
  let world = await start()
  let client = sdkOf(world)
  undo.defer(() => world[Symbol.asyncDispose]())
  const kept = undo.move()
  return {
    get client() {
      return client
    },
    restart: async () => {
      await world[Symbol.asyncDispose]()
      world = await start()
      client = sdkOf(world)
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
