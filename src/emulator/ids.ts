// Ids with the prefixes and lengths of the real ones, so that clients which check or store them see nothing unusual.
import { randomBytes } from 'node:crypto'

const hex = '0123456789abcdef'
const alphanumeric = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** What each id looks like: prefix, number of characters after it, and their alphabet. */
const looks = {
  request: ['req_', 32, hex],
  chatCompletion: ['chatcmpl-', 29, alphanumeric],
  completion: ['cmpl-', 29, alphanumeric],
  toolCall: ['call_', 24, alphanumeric],
  response: ['resp_', 48, hex],
  message: ['msg_', 48, hex],
  reasoning: ['rs_', 48, hex],
  functionCall: ['fc_', 48, hex],
  functionCallOutput: ['fco_', 48, hex],
  customToolCall: ['ctc_', 48, hex],
  customToolCallOutput: ['ctco_', 48, hex],
  webSearchCall: ['ws_', 48, hex],
  fileSearchCall: ['fs_', 48, hex],
  codeInterpreterCall: ['ci_', 48, hex],
  imageGenerationCall: ['ig_', 48, hex],
  mcpCall: ['mcp_', 48, hex],
  mcpListTools: ['mcpl_', 48, hex],
  mcpApproval: ['mcpr_', 48, hex],
  compaction: ['cmp_', 48, hex],
  item: ['item_', 48, hex],
  conversation: ['conv_', 48, hex],
  moderation: ['modr-', 29, alphanumeric],
  file: ['file-', 22, alphanumeric],
  upload: ['upload_', 32, hex],
  uploadPart: ['part_', 32, hex],
  batch: ['batch_', 32, hex],
  batchRequest: ['batch_req_', 32, hex],
  container: ['cntr_', 48, hex],
  containerFile: ['cfile_', 32, hex],
  vectorStore: ['vs_', 32, hex],
  vectorStoreFileBatch: ['vsfb_', 32, hex],
  publicImage: ['img-', 24, alphanumeric],
  video: ['video_', 48, hex],
  character: ['char_', 48, hex],
  fineTuningJob: ['ftjob-', 24, alphanumeric],
  fineTuningEvent: ['ftevent-', 24, alphanumeric],
  fineTuningCheckpoint: ['ftckpt_', 24, alphanumeric],
  checkpointPermission: ['cp_', 24, alphanumeric],
  eval: ['eval_', 32, hex],
  evalRun: ['evalrun_', 32, hex],
  outputItem: ['outputitem_', 32, hex],
  skill: ['skill_', 48, hex],
  skillVersion: ['skillver_', 48, hex],
  voice: ['voice_', 24, alphanumeric],
  voiceConsent: ['cons_', 24, alphanumeric],
  audio: ['audio_', 32, hex],
  realtimeSession: ['sess_', 21, alphanumeric],
  ephemeralKey: ['ek_', 32, hex],
  realtimeCall: ['rtc_', 32, hex],
  chatkitSession: ['cksess_', 48, hex],
  chatkitThread: ['cthr_', 48, hex],
  chatkitItem: ['cthi_', 48, hex],
  assistant: ['asst_', 24, alphanumeric],
  thread: ['thread_', 24, alphanumeric],
  run: ['run_', 24, alphanumeric],
  step: ['step_', 24, alphanumeric],
  threadMessage: ['msg_', 24, alphanumeric],
  agent: ['agent_', 48, hex],
  agentSession: ['sess_', 48, hex],
  agentSessionEvent: ['event_', 32, hex],
  agentTurn: ['turn_', 48, hex],
  agentArtifact: ['art_', 48, hex],
  agentEnvironment: ['env_', 48, hex],
  agentEnvironmentFile: ['envfile_', 32, hex],
  agentEnvironmentTemplate: ['envtmpl_', 48, hex],
  agentAutomation: ['auto_', 48, hex],
  agentInvocation: ['inv_', 48, hex],
  commandExecution: ['cmd_', 48, hex],
  vault: ['vault_', 48, hex],
  credential: ['cred_', 48, hex],
  liveSession: ['live_', 32, hex],
  webhookEndpoint: ['whe_', 32, hex],
  event: ['evt_', 32, hex],
  webhookDelivery: ['wh_', 32, hex],
} as const satisfies Record<string, readonly [prefix: string, length: number, alphabet: string]>

export type IdKind = keyof typeof looks

/**
 * A fresh random id.
 * @example newId('file') // 'file-6F2ksmvXxt4VdoqmHRw6kL'
 */
export function newId(kind: IdKind): string {
  const [prefix, length, alphabet] = looks[kind]
  if (alphabet === hex) return prefix + randomHex(length)
  let id: string = prefix
  // The modulo favours the first characters slightly, which ids do not care about.
  for (const byte of draw(length)) id += alphabet[byte % alphabet.length]
  return id
}

export function randomHex(length: number): string {
  return draw(Math.ceil(length / 2))
    .toString('hex')
    .slice(0, length)
}

let pool = Buffer.alloc(0)
let used = 0

/** Drawn in blocks: one call of the kernel serves some hundred ids. */
function draw(count: number): Buffer {
  if (used + count > pool.length) {
    pool = randomBytes(8192)
    used = 0
  }
  return pool.subarray(used, (used += count))
}
