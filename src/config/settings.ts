// Every setting of the process, one row each: flags, environment, file, `relay config explain` and the reference read it.
// A default is written as an operator would write it; `null` means unset. Secrets have no flag: a command line is public.
import {
  baseUrl,
  databaseUrl,
  headerSecret,
  headerText,
  host,
  hostPatterns,
  longSecret,
  milliseconds,
  oneOf,
  path,
  port,
  tenantName,
  tokenSecret,
  wholeNumber,
  type Kind,
} from './kinds.ts'

type Setting = {
  /** The first name is the documented one, the others are accepted because SDKs know them. */
  readonly env: readonly [string, ...string[]]
  readonly flag: `--${string}` | null
  readonly kind: Kind<unknown>
  readonly default: string | null
  readonly help: string
}

export const settingsTable = {
  host: {
    env: ['RELAY_HOST'],
    flag: '--host',
    kind: host,
    default: '127.0.0.1',
    help: 'Address to listen on; 0.0.0.0 for every interface.',
  },
  port: { env: ['RELAY_PORT'], flag: '--port', kind: port, default: '8000', help: 'Port to listen on; 0 lets the system choose.' },
  publicUrl: {
    env: ['RELAY_PUBLIC_URL'],
    flag: '--public-url',
    kind: baseUrl,
    default: null,
    help: 'Where clients reach the relay, for its OpenAPI documents; unset: the address a reader asked.',
  },
  token: {
    env: ['RELAY_TOKEN'],
    flag: null,
    kind: tokenSecret,
    default: null,
    help: 'One token every client may use, beside those of `relay token`.',
  },
  secret: {
    env: ['RELAY_SECRET'],
    flag: null,
    kind: longSecret,
    default: null,
    help: 'What the token pepper is made from, the same on every machine; unset: a file of the data folder.',
  },
  unowned: {
    env: ['RELAY_UNOWNED'],
    flag: '--unowned',
    kind: tenantName,
    default: null,
    help: 'Whose upstream objects are that nobody recorded: a tenant, or `deny`; unset: the one tenant while there is only one.',
  },
  dataDir: {
    env: ['RELAY_DATA_DIR'],
    flag: '--data-dir',
    kind: path,
    default: '.relay',
    help: 'Folder of the database and the token pepper.',
  },
  databaseUrl: {
    env: ['DATABASE_URL'],
    flag: null,
    kind: databaseUrl,
    default: null,
    help: 'Postgres that holds the state, for relays on several machines; unset: SQLite in the data folder.',
  },
  configFile: {
    env: ['RELAY_CONFIG'],
    flag: '--config',
    kind: path,
    default: null,
    help: 'YAML file of settings; relay.yaml in the current folder when it exists.',
  },

  upstreamKey: {
    env: ['OPENAI_API_KEY'],
    flag: null,
    kind: headerSecret,
    default: null,
    help: 'Key of the upstream; without one the embedded emulator answers.',
  },
  upstreamUrl: {
    env: ['OPENAI_BASE_URL'],
    flag: '--upstream-url',
    kind: baseUrl,
    default: 'https://api.openai.com/v1',
    help: 'Base URL of the upstream.',
  },
  upstreamOrganization: {
    env: ['OPENAI_ORGANIZATION', 'OPENAI_ORG_ID'],
    flag: '--upstream-organization',
    kind: headerText,
    default: null,
    help: 'Organization sent upstream with every request.',
  },
  upstreamProject: {
    env: ['OPENAI_PROJECT', 'OPENAI_PROJECT_ID'],
    flag: '--upstream-project',
    kind: headerText,
    default: null,
    help: 'Project sent upstream with every request.',
  },
  upstreamConnections: {
    env: ['RELAY_UPSTREAM_CONNECTIONS'],
    flag: '--upstream-connections',
    kind: wholeNumber(1, 1_000_000),
    default: '16384',
    help: 'Connections to the upstream at once.',
  },
  callerOrganization: {
    env: ['RELAY_CALLER_ORGANIZATION'],
    flag: '--caller-organization',
    kind: oneOf('drop', 'pass'),
    default: 'drop',
    help: 'Whether OpenAI-Organization and OpenAI-Project of a client go upstream.',
  },
  unlisted: {
    env: ['RELAY_UNLISTED'],
    flag: '--unlisted',
    kind: oneOf('deny', 'passthrough'),
    default: 'deny',
    help: 'What happens to paths the catalog does not list.',
  },

  connectMs: {
    env: ['RELAY_CONNECT_MS'],
    flag: '--connect-ms',
    kind: milliseconds(1),
    default: '10000',
    help: 'Time to connect to the upstream.',
  },
  deadlineControlMs: {
    env: ['RELAY_DEADLINE_CONTROL_MS'],
    flag: '--deadline-control-ms',
    kind: milliseconds(1),
    default: '300000',
    help: 'Longest silence of the upstream in short calls.',
  },
  deadlineGenerationMs: {
    env: ['RELAY_DEADLINE_GENERATION_MS'],
    flag: '--deadline-generation-ms',
    kind: milliseconds(1),
    default: '900000',
    help: 'Longest silence of the upstream while a model works.',
  },
  deadlineUploadMs: {
    env: ['RELAY_DEADLINE_UPLOAD_MS'],
    flag: '--deadline-upload-ms',
    kind: milliseconds(1),
    default: '900000',
    help: 'Longest silence of the upstream around uploads.',
  },
  deadlineDownloadMs: {
    env: ['RELAY_DEADLINE_DOWNLOAD_MS'],
    flag: '--deadline-download-ms',
    kind: milliseconds(1),
    default: '300000',
    help: 'Longest silence of the upstream in downloads.',
  },
  headMs: {
    env: ['RELAY_HEAD_MS'],
    flag: '--head-ms',
    kind: milliseconds(1),
    default: '15000',
    help: 'Time for a client to send the head of its request.',
  },
  clientSilenceMs: {
    env: ['RELAY_CLIENT_SILENCE_MS'],
    flag: '--client-silence-ms',
    kind: milliseconds(1),
    default: '60000',
    help: 'Longest pause of a client that sends a body.',
  },
  drainMs: {
    env: ['RELAY_DRAIN_MS'],
    flag: '--drain-ms',
    kind: milliseconds(0),
    default: '600000',
    help: 'Time for open exchanges to finish after SIGTERM.',
  },

  maxHeaderBytes: {
    env: ['RELAY_MAX_HEADER_BYTES'],
    flag: '--max-header-bytes',
    kind: wholeNumber(1_024, 1_048_576),
    default: '65536',
    help: 'Largest head of a request.',
  },
  maxJsonBytes: {
    env: ['RELAY_MAX_JSON_BYTES'],
    flag: '--max-json-bytes',
    kind: wholeNumber(1_024, 1_073_741_824),
    default: '67108864',
    help: 'Largest JSON body.',
  },
  maxJsonDepth: {
    env: ['RELAY_MAX_JSON_DEPTH'],
    flag: '--max-json-depth',
    kind: wholeNumber(1, 1_000),
    default: '128',
    help: 'Deepest nesting of a JSON body.',
  },
  maxHeldBytes: {
    env: ['RELAY_MAX_HELD_BYTES'],
    flag: '--max-held-bytes',
    kind: wholeNumber(1_024, 68_719_476_736),
    default: '536870912',
    help: 'Memory of all JSON bodies held at once.',
  },

  actionsFetchHosts: {
    env: ['RELAY_ACTIONS_FETCH_HOSTS'],
    flag: '--actions-fetch-hosts',
    kind: hostPatterns,
    default: '*.oaiusercontent.com,files.openai.com,*.openaiusercontent.com,oaidalleapiprod*.blob.core.windows.net',
    help: 'Hosts a file of an action may be fetched from.',
  },
  actionsAnswerMs: {
    env: ['RELAY_ACTIONS_ANSWER_MS'],
    flag: '--actions-answer-ms',
    kind: milliseconds(1),
    default: '40000',
    help: 'Time an action has to answer; ChatGPT waits 45 s.',
  },

  admin: {
    env: ['RELAY_ADMIN'],
    flag: '--admin',
    kind: oneOf('on', 'off'),
    default: 'on',
    help: 'Whether /admin/v1 changes tenants and tokens over HTTP, for whoever has an admin token.',
  },

  log: {
    env: ['RELAY_LOG'],
    flag: '--log',
    kind: oneOf('json', 'off'),
    default: 'json',
    help: 'One JSON line an exchange on standard output, or none.',
  },
  emulatorJobMs: {
    env: ['RELAY_EMULATOR_JOB_MS'],
    flag: '--emulator-job-ms',
    kind: milliseconds(0),
    default: '300',
    help: 'How long an emulated job stays in each state.',
  },
  emulatorScript: {
    env: ['RELAY_EMULATOR_SCRIPT'],
    flag: '--emulator-script',
    kind: path,
    default: null,
    help: 'Script of the embedded emulator: which request gets which reply.',
  },
} as const satisfies Record<string, Setting>

export type SettingKey = keyof typeof settingsTable

type ValueOf<Row> = Row extends { kind: Kind<infer Value>; default: infer Default } ? Value | (Default extends null ? null : never) : never

/** What the process runs with. `null` is unset, secrets are `Secret`, paths are absolute, the URL has no slash at its end. */
export type Settings = { readonly [Key in SettingKey]: ValueOf<(typeof settingsTable)[Key]> }

/** Where each value came from: `flag --port`, `environment RELAY_PORT`, `file relay.yaml` or `default`. */
export type Sources = Readonly<Record<SettingKey, string>>

export const settingKeys = Object.keys(settingsTable) as readonly SettingKey[]

/** The row of a setting, without its literal types. */
export const settingOf = (key: SettingKey): Setting => settingsTable[key]
