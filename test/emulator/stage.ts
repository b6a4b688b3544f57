// What a driver has at hand: the official SDK in front of relay and emulator, and what several drivers need, made once.
import { setTimeout as sleep } from 'node:timers/promises'
import { toFile, type OpenAI } from 'openai'
import type { HttpEndpointId } from '../../src/emulator/behaviour.ts'

export type Stage = {
  readonly client: OpenAI
  /** Makes a thing for the first that asks and hands the same one to all others. */
  readonly shared: <T>(name: string, make: () => Promise<T>) => Promise<T>
}

/** Makes what a row needs, then calls it; what comes back is read by the recorder under the SDK. */
export type Driver = (stage: Stage) => Promise<unknown>

/** What a family's file exports, with `satisfies`: an id that is no row does not compile. */
export type FamilyDrivers = Partial<Record<HttpEndpointId, Driver>>

export function createStage(client: OpenAI): Stage {
  const made = new Map<string, unknown>()
  return {
    client,
    shared: <T>(name: string, make: () => Promise<T>): Promise<T> => {
      if (!made.has(name)) made.set(name, make())
      return made.get(name) as Promise<T>
    },
  }
}

export const model = 'gpt-4o-mini'
export const reasoningModel = 'o4-mini'

/** Asks until the answer is as wanted; fails when it never is. */
export async function until<T>(read: () => Promise<T>, isSo: (value: T) => boolean, patienceMs = 20_000): Promise<T> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const value = await read()
    if (isSo(value)) return value
    if (performance.now() > deadline) throw new Error(`still not so: ${JSON.stringify(value).slice(0, 500)}`)
    await sleep(4)
  }
}

/** Reads a stream or a list to its end. */
export async function all<T>(values: AsyncIterable<T> | PromiseLike<AsyncIterable<T>>): Promise<T[]> {
  const seen: T[] = []
  for await (const value of await values) seen.push(value)
  return seen
}

const mediaTypes: Readonly<Record<string, string>> = {
  png: 'image/png',
  wav: 'audio/wav',
  mp4: 'video/mp4',
  txt: 'text/plain',
  md: 'text/markdown',
}

/** A file to upload, with the media type of its name where the API asks for one. */
export function named(name: string, content: string | Uint8Array): Promise<File> {
  return toFile(Buffer.from(content), name, { type: mediaTypes[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream' })
}

export const jsonLines = (values: readonly unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('')
