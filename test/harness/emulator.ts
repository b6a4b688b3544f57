// An emulator for one test: a data directory of its own, a clock that can be moved, quick jobs, and the official SDK in front.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI from 'openai'
import { createClock } from '../../src/emulator/clock.ts'
import { startEmulator } from '../../src/emulator/emulator.ts'
import type { Emulator, EmulatorParts } from '../../src/emulator/emulator.ts'
import type { EmulatorOptions } from '../../src/emulator/options.ts'

export type TestEmulator = {
  /** The running one; another after `restart`. */
  readonly running: Emulator
  /** Never retries: a test sees the first answer. */
  readonly client: OpenAI
  readonly url: string
  readonly dataDir: string
  /** Stops it and starts it again on the same data, at the same time of its clock. */
  readonly restart: () => Promise<void>
  /** A raw request with a key; `body` is sent as JSON unless it is text or bytes. */
  readonly send: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Response>
} & AsyncDisposable

/**
 * @example await using emulator = await startTestEmulator()
 */
export async function startTestEmulator(options: Omit<Partial<EmulatorOptions & EmulatorParts>, 'clock'> = {}): Promise<TestEmulator> {
  const dataDir = await mkdtemp(join(tmpdir(), 'relay-emulator-test-'))
  const clock = createClock()
  const start = (): Promise<Emulator> => startEmulator({ dataDir, jobPaceMs: 20, ...options, clock })
  let running = await start().catch(async (error: unknown) => {
    await rm(dataDir, { recursive: true, force: true })
    throw error
  })
  let client = clientOf(running)
  return {
    get running() {
      return running
    },
    get client() {
      return client
    },
    get url() {
      return running.url
    },
    dataDir,
    restart: async () => {
      await running.close()
      running = await start()
      client = clientOf(running)
    },
    send: (method, path, body, headers = {}) => {
      const isJson = body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array)
      return fetch(`${running.url}${path}`, {
        method,
        headers: { authorization: 'Bearer sk-test', ...(isJson ? { 'content-type': 'application/json' } : {}), ...headers },
        ...(body === undefined ? {} : { body: isJson ? JSON.stringify(body) : body }),
      })
    },
    [Symbol.asyncDispose]: async () => {
      await running.close()
      clock.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

const clientOf = (emulator: Emulator): OpenAI => new OpenAI({ baseURL: `${emulator.url}/v1`, apiKey: 'sk-test', maxRetries: 0 })

/** The error body of a refused request. */
export async function refusal(
  promise: Promise<unknown>,
): Promise<{ status: number; message: string; code: string | null | undefined; param: string | null | undefined }> {
  try {
    await promise
  } catch (error) {
    if (error instanceof OpenAI.APIError)
      return { status: Number(error.status), message: (error.error as { message: string }).message, code: error.code, param: error.param }
    throw error
  }
  throw new Error('the request was not refused')
}
