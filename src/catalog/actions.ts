// What ChatGPT can do with a row: GPT Actions speak JSON both ways, open no socket, hold no stream, and show the model
// everything that comes back. The guarded proxy, the two OpenAPI documents and `relay coverage` ask here.
import type { Endpoint } from './endpoint.ts'

/** Why a row is not for a caller that speaks only JSON. The order is the order of asking. */
export const jsonObstacles = {
  socket: 'it is a WebSocket',
  multipart: 'it takes a form with files',
  sdp: 'it speaks SDP',
  binary: 'it answers bytes',
  stream: 'it answers only as a stream',
  secret: 'it answers a secret, which a conversation would keep',
} as const

export type JsonObstacle = keyof typeof jsonObstacles

/** Rows that answer a secret of the account: a signing secret, or one that opens a session without the relay. */
const secrets: ReadonlySet<string> = new Set([
  'realtime.client_secrets.create',
  'realtime.sessions.create',
  'realtime.transcription_sessions.create',
  'realtime.translations.client_secrets.create',
  'chatkit.sessions.create',
  'webhook_endpoints.create',
  'webhook_endpoints.rotate_secret',
])

/** Null for a row that takes JSON or nothing and answers JSON or nothing: what the guarded proxy may carry. */
export function jsonObstacle(row: Endpoint): JsonObstacle | null {
  if (row.transport === 'socket') return 'socket'
  if (row.request.includes('multipart')) return 'multipart'
  if (row.request.includes('sdp')) return 'sdp'
  if (row.response.includes('binary')) return 'binary'
  if (row.response.every((kind) => kind === 'sse')) return 'stream'
  return secrets.has(row.id) ? 'secret' : null
}
