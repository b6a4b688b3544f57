// The emulator's edge: where an exchange begins and ends. Whoever wants to see or change exchanges (journal, scripts, faults,
// recordings) hooks in here and nowhere else.
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { CatalogEndpoint } from '../catalog/index.ts'
import type { Answer } from './answer.ts'
import type { RequestBody } from './body.ts'
import { createCall } from './call.ts'
import type { Controls } from './controls.ts'
import { answerOf, lookUp, perform, requireTarget } from './dispatch.ts'
import { invalid, missingKey, wrongKey } from './errors.ts'
import type { Chance } from './faults/chance.ts'
import { FaultError, faultHeader, parseFault } from './faults/fault.ts'
import type { Fault } from './faults/fault.ts'
import { newId } from './ids.ts'
import type { Journal, JournalEntry } from './journal.ts'
import type { Platform } from './platform.ts'
import { answerPublicFile, publicPath } from './public-files.ts'
import type { Scripts } from './script/scripts.ts'
import { send } from './send.ts'
import { BrokenOff } from './tape/broken-off.ts'
import type { Tape } from './tape/tape.ts'
import { vendorHeaders } from './vendor-headers.ts'

type EdgeOptions = {
  readonly platform: Platform
  readonly journal: Journal
  readonly controls: Controls
  readonly scripts: Scripts
  /** Faults that come by themselves. */
  readonly chance: Chance | null
  /** What records or replays, before the emulator itself is asked. */
  readonly tape: Tape | null
}

export type Edge = {
  readonly server: Server
  /** Resolves when no exchange is under way. */
  readonly settled: () => Promise<unknown>
}

export function createEdge({ platform, journal, controls, scripts, chance, tape }: EdgeOptions): Edge {
  const underWay = new Set<Promise<void>>()

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const startedAt = performance.now()
    const url = request.url ?? '/'
    const queryAt = url.indexOf('?')
    const path = queryAt === -1 ? url : url.slice(0, queryAt)
    const rawQuery = queryAt === -1 ? '' : url.slice(queryAt + 1)
    const method = request.method ?? 'GET'
    if (path.startsWith(publicPath)) return send(answerPublicFile(platform, path), response, [])
    if (path.startsWith('/_emulator/')) return controls(method, path, rawQuery, request, response)

    const exchange: Exchange = { requestId: newId('request'), row: null, facts: {}, rule: null, fault: null, recording: null }
    const answer = await answerTo({ exchange, request, response, method, path, rawQuery })
    const { fault } = exchange
    const headers = vendorHeaders({
      requestId: exchange.requestId,
      processingMs: performance.now() - startedAt,
      row: exchange.row,
      nowMs: platform.clock.now(),
    })
    let isBrokenOff = fault !== null && fault.end !== null
    try {
      // A recorded answer has all its headers.
      const shown = answer.kind === 'stream' ? [] : headers
      if (fault === null) await send(answer, response, shown)
      else {
        const { sendFaulty } = await import('./faults/send-faulty.ts')
        await sendFaulty({ answer, fault, response, headers: shown, clock: platform.clock })
      }
    } catch (error) {
      // The head is out: a broken answer can only be shown by breaking off.
      isBrokenOff = error instanceof BrokenOff
      if (!isBrokenOff) platform.warn('an answer broke off', error)
      // What was said before goes out.
      response.socket?.destroySoon()
    }
    journal.add({
      requestId: exchange.requestId,
      at: platform.clock.now(),
      method,
      url,
      endpoint: exchange.row?.id ?? null,
      model: null,
      headers: request.headers,
      body: undefined,
      form: null,
      bodyBytes: null,
      ...exchange.facts,
      status: answer.status,
      durationMs: performance.now() - startedAt,
      hasLeft: response.destroyed && !response.writableFinished && !isBrokenOff,
      rule: exchange.rule,
      fault: fault?.text ?? null,
      recording: exchange.recording,
    })
  }

  const answerTo = async (arrival: Arrival): Promise<Answer> => {
    const { exchange, request, response, method, path, rawQuery } = arrival
    try {
      const found = lookUp(method, path)
      exchange.row = found.kind === 'found' ? found.row : null
      exchange.fault = faultOf(request, chance)
      if (exchange.fault !== null && exchange.fault.instead !== null) return exchange.fault.instead
      authenticate(request, platform.settings.keys, exchange.row)
      let body: RequestBody = request
      if (tape !== null) {
        const taped = await tape.take({ request, response, method, path, rawQuery })
        exchange.recording = taped.recording
        exchange.facts = taped.facts
        if (taped.answer !== null) return taped.answer
        body = taped.body
      }
      const target = requireTarget(found, method, path)
      const own = !scripts.isOn()
        ? platform
        : scripts.enter(platform, {
            endpoint: target.row.id,
            onRule: (name) => (exchange.rule = name),
            onFault: (fault) => (exchange.fault ??= fault),
          })
      return await perform(
        target,
        createCall({
          platform: own,
          target,
          requestId: exchange.requestId,
          request: body,
          response,
          path,
          rawQuery,
          onBody: (facts) => (exchange.facts = facts),
        }),
      )
    } catch (error) {
      return answerOf(platform, error)
    }
  }

  const server = createServer((request, response) => {
    const exchange = serve(request, response)
      .catch((error: unknown) => {
        platform.warn('an exchange failed', error)
        response.destroy()
      })
      .finally(() => underWay.delete(exchange))
    underWay.add(exchange)
  })
  // Uploads may take as long as they take, and idle connections of a pool stay usable as long as the real edge keeps them.
  server.requestTimeout = 0
  server.keepAliveTimeout = 400_000
  return { server, settled: () => Promise.all(underWay) }
}

/** What becomes known of a request while it is answered. */
type Exchange = {
  readonly requestId: string
  row: CatalogEndpoint | null
  facts: Partial<JournalEntry>
  rule: string | null
  fault: Fault | null
  recording: string | null
}

type Arrival = {
  readonly exchange: Exchange
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly method: string
  readonly path: string
  readonly rawQuery: string
}

/** What the request asks for wins over what comes by chance; that is drawn all the same, so that the draws of others stay theirs. */
function faultOf(request: IncomingMessage, chance: Chance | null): Fault | null {
  const drawn = chance?.next() ?? null
  const asked = request.headers[faultHeader]
  if (asked === undefined) return drawn
  try {
    return parseFault(String(asked))
  } catch (error) {
    if (!(error instanceof FaultError)) throw error
    throw invalid(`${faultHeader}: ${error.message}.`, faultHeader, 'invalid_fault')
  }
}

/** Any key will do, unless the settings name some. Calls are opened by browsers, too, whose secrets only the calls know. */
function authenticate(request: IncomingMessage, keys: readonly string[], row: CatalogEndpoint | null): void {
  const given = request.headers.authorization
  const key = given === undefined ? undefined : /^Bearer\s+(.+)$/i.exec(given)?.[1]?.trim()
  if (key === undefined) throw missingKey()
  const isSecret = row?.id === 'realtime.calls.create' && key.startsWith('ek_')
  if (keys.length > 0 && !keys.includes(key) && !isSecret) throw wrongKey(key)
}
