// Delivering events to webhook endpoints: signed as Standard Webhooks says, again with growing pauses while the receiver fails.
import { createHmac } from 'node:crypto'
import type { JobSteps } from '../../behaviour.ts'
import type { PlatformEvent } from '../../events.ts'
import { newId } from '../../ids.ts'
import type { Platform } from '../../platform.ts'
import type { Collection } from '../../state/objects.ts'
import { activeSecrets, webhookEndpoints } from './stored.ts'
import type { WebhookEndpoint } from './stored.ts'

/** One event on its way to one endpoint; its id is the same at every attempt, so that receivers can tell repeats. */
type Delivery = { readonly id: string; readonly endpointId: string; readonly event: PlatformEvent; readonly attempts: number }

const deliveries = (platform: Platform): Collection<Delivery> => platform.collection('webhook.delivery')

const attemptsMax = 6
const patienceMs = 15_000

/** Queues an event for every endpoint that wants its type. */
export function queueDeliveries(platform: Platform, event: PlatformEvent): void {
  for (const endpoint of webhookEndpoints(platform).list()) {
    if (!endpoint.event_types.includes(event.type) || !isReachable(endpoint.url)) continue
    const delivery: Delivery = { id: newId('webhookDelivery'), endpointId: endpoint.id, event, attempts: 0 }
    deliveries(platform).put(delivery)
    platform.jobs.schedule('webhooks.deliver', delivery.id, 0)
  }
}

export const webhookSteps: JobSteps = {
  'webhooks.deliver': async (platform, id) => {
    const delivery = deliveries(platform).get(id)
    if (delivery === undefined) return
    const endpoint = webhookEndpoints(platform).get(delivery.endpointId)
    const status = endpoint === undefined ? null : await post(platform, endpoint, delivery.id, delivery.event)
    const isDone = endpoint === undefined || (status !== null && isSuccess(status))
    const attempts = delivery.attempts + 1
    if (isDone || attempts === attemptsMax) {
      deliveries(platform).delete(id)
      if (!isDone) platform.warn(`webhook ${delivery.event.type} not delivered to ${endpoint.url}`, `status ${status ?? 'none'}`)
      return
    }
    // Stopping in the middle of an attempt is no attempt, and a reset forgets what was under way.
    if (platform.closing.aborted || deliveries(platform).get(id) === undefined) return
    deliveries(platform).put({ ...delivery, attempts })
    platform.jobs.schedule('webhooks.deliver', id, 2 ** attempts)
  },
}

export const isSuccess = (status: number): boolean => status >= 200 && status < 300

/** Sends one event once; null where nobody answered. */
export async function post(
  platform: Platform,
  endpoint: WebhookEndpoint,
  deliveryId: string,
  event: Omit<PlatformEvent, 'data'> & { readonly data: unknown },
): Promise<number | null> {
  const body = JSON.stringify(event)
  // The real time, even where the emulator's has been moved: receivers refuse what is older than five minutes by their own clock.
  const timestamp = String(Math.floor(Date.now() / 1000))
  try {
    const response = await fetch(endpoint.url, {
      method: 'POST',
      // A redirect could lead off this machine.
      redirect: 'manual',
      signal: AbortSignal.any([platform.closing, AbortSignal.timeout(patienceMs)]),
      headers: {
        'user-agent': 'OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)',
        'content-type': 'application/json',
        'webhook-id': deliveryId,
        'webhook-timestamp': timestamp,
        'webhook-signature': activeSecrets(platform, endpoint.id)
          .map((secret) => `v1,${sign(secret, `${deliveryId}.${timestamp}.${body}`)}`)
          .join(' '),
      },
      body,
    })
    await response.body?.cancel()
    return response.status
  } catch {
    return null
  }
}

function sign(secret: string, text: string): string {
  return createHmac('sha256', Buffer.from(secret.replace(/^whsec_/, ''), 'base64'))
    .update(text)
    .digest('base64')
}

/** An offline emulator talks to nobody but this machine; endpoints elsewhere are kept and never called. */
export function isReachable(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}
