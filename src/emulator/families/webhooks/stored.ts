// Webhook endpoints as they are kept, what they are told about, and the secrets that sign it.
import { randomBytes } from 'node:crypto'
import type { Platform } from '../../platform.ts'
import type { Collection } from '../../state/objects.ts'

export const eventTypes = [
  'batch.completed',
  'batch.failed',
  'batch.expired',
  'batch.cancelled',
  'response.completed',
  'response.failed',
  'response.cancelled',
  'response.incomplete',
  'eval.run.succeeded',
  'eval.run.failed',
  'eval.run.canceled',
  'fine_tuning.job.succeeded',
  'fine_tuning.job.failed',
  'fine_tuning.job.cancelled',
  'realtime.call.incoming',
  'video.completed',
  'video.failed',
  'agent.environment.ready',
  'agent.environment.failed',
  'agent.environment.suspended',
  'agent.environment.expired',
  'agent.session.created',
  'agent.session.action_required',
  'agent.session.in_progress',
  'agent.session.idle',
  'agent.session.failed',
  'safety.alert.created',
] as const

export type WebhookEndpoint = {
  readonly id: string
  readonly object: 'webhook_endpoint'
  readonly created_at: number
  readonly updated_at: number
  readonly name: string
  readonly url: string
  readonly event_types: readonly string[]
  readonly signing_secret_hint: string
}

/** Kept apart from the endpoint, which is answered as it is: a secret is shown once. */
export type Secrets = {
  readonly id: string
  readonly current: string
  /** The one before, for as long as receivers may still know only that. */
  readonly previous: { readonly secret: string; readonly validUntil: number } | null
}

export const webhookEndpoints = (platform: Platform): Collection<WebhookEndpoint> => platform.collection('webhook_endpoint')
export const webhookSecrets = (platform: Platform): Collection<Secrets> => platform.collection('webhook_endpoint.secret')

export const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`

export const hintOf = (secret: string): string => `whsec_...${secret.slice(-4)}`

/** The secrets that sign now: one, or two while a replaced one is still good. */
export function activeSecrets(platform: Platform, endpointId: string): readonly string[] {
  const secrets = webhookSecrets(platform).get(endpointId)
  if (secrets === undefined) return []
  const { current, previous } = secrets
  return previous !== null && previous.validUntil > platform.clock.seconds() ? [current, previous.secret] : [current]
}
