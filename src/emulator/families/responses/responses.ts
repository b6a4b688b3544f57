// Responses: create (whole, streamed, in the background), read back, resume, cancel, delete.
import { json, sse } from '../../answer.ts'
import type { Call, Family } from '../../behaviour.ts'
import { ApiError, invalidType, notFound } from '../../errors.ts'
import { paced } from '../generation.ts'
import { inputItems } from '../items.ts'
import { newestFirst, pageOfArray, readPageQuery } from '../../state/pages.ts'
import { cancelRun, requireStreamable, startRun, streamRun } from './background.ts'
import { compact } from './compact.ts'
import { chainOf, readContext } from './context.ts'
import type { Context } from './context.ts'
import { makeResponse, skeleton } from './create.ts'
import type { MadeResponse } from './create.ts'
import { asSse, eventsOf } from './events.ts'
import { checkHostedTools } from './hosted-tools.ts'
import { readRequest } from './request.ts'
import type { ResponseRequest } from './request.ts'
import { forgetResponse, keepResponse, responses as stored } from './stored.ts'
import type { ResponseObject } from './stored.ts'

export const responses = {
  ...compact,
  'responses.create': async (call) => {
    const { platform } = call
    const request = readRequest(platform, await call.json())
    const context = readContext(platform, request)
    checkHostedTools(platform, request.tools ?? [])
    if (request.background === true) return createInBackground(call, request, context)
    const { response, tokenPaceMs } = await makeResponse(platform, request, context)
    const keep = (): void =>
      keepResponse(platform, { response, input: context.input, conversationId: context.conversationId, isStored: request.store !== false })
    if (request.stream !== true) {
      keep()
      return json(response)
    }
    const events = function* (): Generator<ReturnType<typeof asSse>> {
      for (const event of eventsOf(response, { tokens: platform.tokens, hasObfuscation: hasObfuscation(request) })) {
        // Kept before the last event is out: whoever has seen it can read the response back. A client that leaves stops it.
        if (event.type === `response.${response.status}`) keep()
        yield asSse(event)
      }
    }
    return sse(paced(platform, events(), tokenPaceMs, call.signal))
  },
  'responses.retrieve': (call) => {
    const response = find(call)
    if (call.query.get('stream') !== 'true') return json(response)
    return sse(streamRun(call.platform, requireStreamable(call.platform, response), readStartingAfter(call), call.signal))
  },
  'responses.cancel': (call) => json(cancelRun(call.platform, find(call))),
  'responses.delete': (call) => {
    const { id } = find(call)
    forgetResponse(call.platform, id)
    return json({ id, object: 'response', deleted: true })
  },
  'responses.input_items.list': (call) => {
    const response = find(call)
    const items = [...chainOf(call.platform, response.previous_response_id), ...inputItems(call.platform).list({ parent: response.id })]
    return json(pageOfArray(items, readPageQuery(call.query, newestFirst), (id) => notFound(`Item with id '${id}' not found.`)))
  },
} satisfies Family

const hasObfuscation = (request: ResponseRequest): boolean => request.stream_options?.include_obfuscation !== false

async function createInBackground(call: Call, request: ResponseRequest, context: Context): Promise<ReturnType<typeof json>> {
  const { platform } = call
  const final = await makeResponse(platform, request, context).then(
    ({ response }: MadeResponse) => response,
    (error: unknown) => failed(call, request, context, error),
  )
  const run = {
    id: final.id,
    final,
    isStream: request.stream === true,
    hasObfuscation: hasObfuscation(request),
    startedAt: platform.clock.now(),
    conversationId: context.conversationId,
    input: context.input,
  }
  const queued = startRun(platform, run)
  return run.isStream ? sse(streamRun(platform, run, -1, call.signal)) : json(queued)
}

/** What fails in the background has been accepted already: the failure is the response's, not the request's. */
function failed({ platform }: Call, request: ResponseRequest, context: Context, error: unknown): ResponseObject {
  if (!(error instanceof ApiError)) throw error
  return {
    ...skeleton(platform, request, context),
    status: 'failed',
    error: { code: error.code ?? 'server_error', message: error.message },
  }
}

function find(call: Call): ResponseObject {
  const id = call.param('response_id')
  const response = stored(call.platform).get(id)
  if (response === undefined) throw notFound(`Response with id '${id}' not found.`)
  return response
}

function readStartingAfter({ query }: Call): number {
  const given = query.get('starting_after')
  if (given === undefined) return -1
  const number = Number(given)
  if (!Number.isInteger(number)) throw invalidType('starting_after', 'an integer', given)
  return number
}
