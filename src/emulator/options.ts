// What can be set on an emulator, with its defaults. Flat and serialisable, so that a command line maps onto it one to one.

export type EmulatorOptions = {
  /** Everything the emulator keeps lies in `<dataDir>/emulator/`. */
  readonly dataDir: string
  /** Where it listens. */
  readonly host?: string
  /** 0 takes a free port. */
  readonly port?: number
  /** How long one step of a job takes (a batch in `validating`, a background response in `queued`, ...). */
  readonly jobPaceMs?: number
  /** Pause between two tokens of a streamed answer: by default just long enough that a stream is seen to be one. */
  readonly tokenPaceMs?: number
  /** The only keys that are accepted. Empty: any key is. */
  readonly keys?: readonly string[]
  /** Model ids that exist besides those of OpenAI; they answer like a chat model. */
  readonly models?: readonly string[]
  /** How many exchanges the journal keeps. */
  readonly journalEntriesMax?: number
  /** A YAML or JSON file of rules: which request gets which reply. */
  readonly scriptFile?: string | null
  /** A YAML or JSON file of objects to begin with; they are made once, and again after a reset. */
  readonly seedFile?: string | null
  /** Faults that come by themselves: `overloaded:0.1`. */
  readonly faults?: readonly string[]
  /** Which requests they hit: the same seed hits the same ones. */
  readonly faultSeed?: number
  /** Folder where exchanges with the upstream are recorded; the emulator itself answers nothing then. */
  readonly recordDirectory?: string | null
  /** What is recorded, with its `/v1`. */
  readonly upstreamUrl?: string
  /** Folder of recordings to answer from. */
  readonly replayDirectory?: string | null
  /** Whether a request nobody recorded is an error, instead of being answered by the emulator. */
  readonly isStrict?: boolean
  /** How much faster than recorded; `Infinity` does not wait at all. */
  readonly replaySpeed?: number
}

export type EmulatorSettings = Required<EmulatorOptions>

export const emulatorDefaults: Omit<EmulatorSettings, 'dataDir'> = {
  host: '127.0.0.1',
  port: 0,
  jobPaceMs: 250,
  tokenPaceMs: 1,
  keys: [],
  models: [],
  journalEntriesMax: 1000,
  scriptFile: null,
  seedFile: null,
  faults: [],
  faultSeed: 1,
  recordDirectory: null,
  upstreamUrl: 'https://api.openai.com/v1',
  replayDirectory: null,
  isStrict: false,
  replaySpeed: 1,
}
