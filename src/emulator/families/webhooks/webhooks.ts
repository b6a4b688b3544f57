// Webhook endpoints: registered, changed, tried out, their secret replaced. What is sent to them is in deliver.ts.
import { json } from '../../answer.ts'
import type { Call, Family } from '../../behaviour.ts'
import { invalid, notFound } from '../../errors.ts'
import type { ApiError } from '../../errors.ts'
import { newId } from '../../ids.ts'
import type { IdKind } from '../../ids.ts'
import { array, boolean, choice, optional, readShape, string } from '../../shape.ts'
import { newestFirst, page, readPageQuery } from '../../state/pages.ts'
import { isReachable, isSuccess, post } from './deliver.ts'
import { eventTypes, hintOf, newSecret, webhookEndpoints, webhookSecrets } from './stored.ts'
import type { WebhookEndpoint } from './stored.ts'

const shape = {
  event_types: array(choice(...eventTypes), { min: 1 }),
  name: string({ min: 1 }),
  url: string({ min: 1 }),
}

const day = 86_400

export const webhooks = {
  'webhook_event_types.list': () => json({ object: 'list', data: eventTypes }),
  'webhook_endpoints.create': async ({ platform, json: body }) => {
    const request = readShape(shape, await body())
    requireUrl(request.url)
    const secret = newSecret()
    const now = platform.clock.seconds()
    const endpoint: WebhookEndpoint = {
      id: newId('webhookEndpoint'),
      object: 'webhook_endpoint',
      created_at: now,
      updated_at: now,
      name: request.name,
      url: request.url,
      event_types: [...new Set(request.event_types)],
      signing_secret_hint: hintOf(secret),
    }
    platform.objects.together(() => {
      webhookEndpoints(platform).put(endpoint)
      webhookSecrets(platform).put({ id: endpoint.id, current: secret, previous: null })
    })
    return json({ ...endpoint, signing_secret: secret })
  },
  'webhook_endpoints.list': (call) =>
    json(page(webhookEndpoints(call.platform), readPageQuery(call.query, newestFirst), { unknown: missing })),
  'webhook_endpoints.retrieve': (call) => json(find(call)),
  'webhook_endpoints.update': async (call) => {
    const { event_types: types, name, url } = shape
    const request = readShape({ event_types: optional(types), name: optional(name), url: optional(url) }, await call.json())
    if (request.url !== undefined) requireUrl(request.url)
    const endpoint = find(call)
    const updated: WebhookEndpoint = {
      ...endpoint,
      name: request.name ?? endpoint.name,
      url: request.url ?? endpoint.url,
      event_types: request.event_types === undefined ? endpoint.event_types : [...new Set(request.event_types)],
      updated_at: call.platform.clock.seconds(),
    }
    webhookEndpoints(call.platform).put(updated)
    return json(updated)
  },
  'webhook_endpoints.delete': (call) => {
    const { id } = find(call)
    call.platform.objects.together(() => {
      webhookEndpoints(call.platform).delete(id)
      webhookSecrets(call.platform).delete(id)
    })
    return json({ id, object: 'webhook_endpoint.deleted', deleted: true })
  },
  'webhook_endpoints.rotate_secret': async (call) => {
    const { platform } = call
    const request = readShape({ keep_old_secret_active_for_24_hours: optional(boolean()) }, await call.json())
    const endpoint = find(call)
    const old = webhookSecrets(platform).get(endpoint.id)?.current
    const secret = newSecret()
    const now = platform.clock.seconds()
    const keepsOld = request.keep_old_secret_active_for_24_hours === true && old !== undefined
    const updated: WebhookEndpoint = { ...endpoint, updated_at: now, signing_secret_hint: hintOf(secret) }
    platform.objects.together(() => {
      webhookEndpoints(platform).put(updated)
      webhookSecrets(platform).put({
        id: endpoint.id,
        current: secret,
        previous: keepsOld ? { secret: old, validUntil: now + day } : null,
      })
    })
    return json({ ...updated, signing_secret: secret })
  },
  'webhook_endpoints.test': async (call) => {
    const { platform } = call
    const { event_type: type } = readShape({ event_type: choice(...eventTypes) }, await call.json())
    const endpoint = find(call)
    if (!isReachable(endpoint.url))
      throw invalid(`The emulator delivers webhooks to this machine only, and '${endpoint.url}' is not on it.`, 'url')
    const event = { id: newId('event'), object: 'event', type, created_at: platform.clock.seconds(), data: sampleData(type) } as const
    const status = await post(platform, endpoint, newId('webhookDelivery'), event)
    if (status === null) throw invalid(`The webhook endpoint '${endpoint.url}' could not be reached.`, null, 'webhook_test_failed')
    if (!isSuccess(status))
      throw invalid(`The webhook endpoint '${endpoint.url}' answered with status ${status}.`, null, 'webhook_test_failed')
    return json({
      object: 'webhook_endpoint.test',
      event_type: type,
      status_code: status,
      success: true,
      webhook_endpoint_id: endpoint.id,
    })
  },
} satisfies Family

function find(call: Call): WebhookEndpoint {
  const id = call.param('webhook_endpoint_id')
  const endpoint = webhookEndpoints(call.platform).get(id)
  if (endpoint === undefined) throw missing(id)
  return endpoint
}

const missing = (id: string): ApiError => notFound(`Webhook endpoint with id '${id}' not found.`)

function requireUrl(url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    throw invalid(`Invalid 'url': expected an absolute http or https URL, but got '${url}'.`, 'url', 'invalid_value')
}

/** What the events of each family are about. */
const subjects: Readonly<Record<string, IdKind>> = {
  batch: 'batch',
  response: 'response',
  eval: 'evalRun',
  fine_tuning: 'fineTuningJob',
  video: 'video',
}

function sampleData(type: (typeof eventTypes)[number]): unknown {
  const [family = ''] = type.split('.')
  if (family === 'realtime') return { call_id: newId('realtimeCall'), sip_headers: [{ name: 'From', value: 'sip:+15550100@example.com' }] }
  return { id: newId(subjects[family] ?? 'event') }
}
