// An offline OpenAI: `startEmulator` gives a server that answers like api.openai.com, with its state in a directory.
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { jobSteps } from './behaviours.ts'
import { createClock } from './clock.ts'
import type { Clock } from './clock.ts'
import { createControls } from './controls.ts'
import { createEvents } from './events.ts'
import { createChance } from './faults/chance.ts'
import { performInside } from './inner-call.ts'
import { queueDeliveries } from './families/webhooks/deliver.ts'
import { createJobs } from './jobs.ts'
import { createJournal } from './journal.ts'
import type { Journal } from './journal.ts'
import { emulatorDefaults } from './options.ts'
import type { EmulatorOptions, EmulatorSettings } from './options.ts'
import type { Platform } from './platform.ts'
import { createScripts } from './script/scripts.ts'
import { createEdge } from './server.ts'
import { createBlobs } from './state/blobs.ts'
import { openDatabase } from './state/database.ts'
import { createObjects } from './state/objects.ts'
import { replyFromPrompt } from './text/engine.ts'
import type { Tape } from './tape/tape.ts'
import type { Replier } from './text/reply.ts'
import { o200k } from './text/tokens.ts'
import type { Tokenizer } from './text/tokens.ts'

/** Parts that code may replace, beside the settings that a command line can. */
export type EmulatorParts = {
  readonly clock?: Clock
  readonly reply?: Replier
  readonly tokens?: Tokenizer
  readonly warn?: Platform['warn']
  /** For recording; without one the client's own key goes upstream. */
  readonly upstreamKey?: string | null
}

export type Emulator = {
  /** `http://127.0.0.1:<port>`; clients take `<url>/v1`. */
  readonly url: string
  readonly port: number
  readonly clock: Clock
  readonly journal: Journal
  /** Forgets every object, file and job, and begins anew: with what the seed makes, and the first of all replies. */
  readonly reset: () => Promise<void>
  readonly close: () => Promise<void>
} & AsyncDisposable

/**
 * Starts an emulator.
 * @example await using emulator = await startEmulator({ dataDir: './data' })
 */
export async function startEmulator(options: EmulatorOptions & EmulatorParts): Promise<Emulator> {
  const { clock = createClock(), reply = replyFromPrompt, tokens = o200k, warn = warnOnStderr, upstreamKey = null, ...given } = options
  const settings: EmulatorSettings = { ...emulatorDefaults, ...given }
  // First of all what can be wrong: nothing has been opened yet that would have to be closed.
  const chance = createChance(settings.faults, settings.faultSeed)
  const scripts = await createScripts({ file: settings.scriptFile, reply, warn })
  const directory = join(settings.dataDir, 'emulator')
  const tape = await createTape({ settings, upstreamKey, spoolDirectory: join(directory, 'drafts'), clock, warn })
  const database = openDatabase(directory)
  const objects = createObjects(database)
  const blobs = createBlobs(directory)
  const journal = createJournal(settings.journalEntriesMax)
  const jobs = createJobs({
    database,
    clock,
    paceMs: settings.jobPaceMs,
    warn,
    run: (kind, subject) => jobSteps[kind]?.(platform, subject),
  })
  const closing = new AbortController()
  const platform: Platform = {
    settings,
    clock,
    objects,
    collection: objects.collection,
    blobs,
    jobs,
    events: createEvents({ objects, clock, onEvent: (event) => queueDeliveries(platform, event) }),
    reply: scripts.replyInJob,
    tokens,
    warn,
    perform: (request) => performInside(enter, platform, request),
    closing: closing.signal,
    url: () => urlOf(settings.host, server),
  }
  // A line of a batch has no connection that a fault could break.
  const enter = (endpoint: string): Platform => scripts.enter(platform, { endpoint, onRule: () => {}, onFault: () => {} })
  const plant = async (): Promise<void> => {
    if (settings.seedFile === null) return
    const { seedFromFile } = await import('./seed/seed.ts')
    await seedFromFile(platform, settings.seedFile)
  }
  const reset = async (): Promise<void> => {
    jobs.clear()
    objects.clear()
    blobs.clear()
    journal.clear()
    scripts.restart()
    chance?.restart()
    tape?.restart()
    await plant()
  }

  const controls = createControls({ platform, journal, scripts, reset })
  const { server, settled } = createEdge({ platform, journal, controls, scripts, chance, tape })
  const stop = async (): Promise<void> => {
    closing.abort()
    await Promise.all([jobs.stop(), settled()])
    if (options.clock === undefined) clock.stop()
    database.close()
  }
  try {
    // Before anybody can come in.
    await plant()
    server.listen(settings.port, settings.host)
    await once(server, 'listening')
  } catch (error) {
    await stop()
    throw error
  }
  jobs.resume()
  const url = urlOf(settings.host, server)

  let closed: Promise<void> | undefined
  const close = (): Promise<void> => (closed ??= shutDown())
  const shutDown = async (): Promise<void> => {
    const serverClosed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await serverClosed
    await stop()
  }

  return { url, port: portOf(server), clock, journal, reset, close, [Symbol.asyncDispose]: close }
}

type TapeOptions = Pick<Platform, 'settings' | 'clock' | 'warn'> & { readonly upstreamKey: string | null; readonly spoolDirectory: string }

/** What stands before the emulator, where something does; loaded for those who record or replay. */
async function createTape({ settings, upstreamKey, spoolDirectory, clock, warn }: TapeOptions): Promise<Tape | null> {
  const { recordDirectory, replayDirectory, upstreamUrl, isStrict, replaySpeed } = settings
  if (recordDirectory !== null) {
    const { createRecorder } = await import('./tape/record.ts')
    return createRecorder({ directory: recordDirectory, upstreamUrl, upstreamKey, warn })
  }
  if (replayDirectory === null) return null
  const { createReplayer } = await import('./tape/replay.ts')
  return createReplayer({ directory: replayDirectory, isStrict, speed: replaySpeed, spoolDirectory, clock, warn })
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port

const urlOf = (host: string, server: Server): string => `http://${host.includes(':') ? `[${host}]` : host}:${portOf(server)}`

const warnOnStderr: Platform['warn'] = (what, error) => {
  process.stderr.write(`emulator: ${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
}
