// The emulator's edge: where an exchange begins and ends. Whoever wants to see or change exchanges (journal, scripts, faults,
// recordings) hooks in here and nowhere else.
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { CatalogEndpoint } from '../catalog/index.ts'
import type { Answer } from './answer.ts'
import { createCall } from './call.ts'
import type { Controls } from './controls.ts'
import { answerOf, findTarget, perform } from './dispatch.ts'
import { missingKey, wrongKey } from './errors.ts'
import { newId } from './ids.ts'
import type { Journal } from './journal.ts'
import type { Platform } from './platform.ts'
import { answerPublicFile, publicPath } from './public-files.ts'
import { send } from './send.ts'
import { vendorHeaders } from './vendor-headers.ts'

type EdgeOptions = { readonly platform: Platform; readonly journal: Journal; readonly controls: Controls }

/** Bodies above this are not kept in the journal. */
const journalBytesMax = 64 << 10

export type Edge = {
  readonly server: Server
  /** Resolves when no exchange is under way. */
  readonly settled: () => Promise<unknown>
}

export function createEdge({ platform, journal, controls }: EdgeOptions): Edge {
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

    const exchange: Exchange = { requestId: newId('request'), row: null, body: undefined }
    const answer = await answerTo({ exchange, request, response, method, path, rawQuery })
    const headers = vendorHeaders({
      requestId: exchange.requestId,
      processingMs: performance.now() - startedAt,
      row: exchange.row,
      nowMs: platform.clock.now(),
    })
    try {
      await send(answer, response, headers)
    } catch (error) {
      // The head is out: a broken answer can only be shown by breaking off.
      platform.warn('an answer broke off', error)
      response.destroy()
    }
    journal.add({
      requestId: exchange.requestId,
      at: platform.clock.now(),
      method,
      url,
      endpoint: exchange.row?.id ?? null,
      headers: request.headers,
      body: exchange.body,
      status: answer.status,
      durationMs: performance.now() - startedAt,
      hasLeft: response.destroyed && !response.writableFinished,
    })
  }

  const answerTo = async ({ exchange, request, response, method, path, rawQuery }: Arrival): Promise<Answer> => {
    try {
      const target = findTarget(method, path)
      exchange.row = target.row
      authenticate(request, platform.settings.keys)
      const onJson = (body: unknown, sizeBytes: number): void => {
        if (sizeBytes <= journalBytesMax) exchange.body = body
      }
      return await perform(
        target,
        createCall({ platform, target, requestId: exchange.requestId, request, response, path, rawQuery, onJson }),
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
type Exchange = { readonly requestId: string; row: CatalogEndpoint | null; body: unknown }

type Arrival = {
  readonly exchange: Exchange
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly method: string
  readonly path: string
  readonly rawQuery: string
}

/** Any key will do, unless the settings name some. */
function authenticate(request: IncomingMessage, keys: readonly string[]): void {
  const given = request.headers.authorization
  const key = given === undefined ? undefined : /^Bearer\s+(.+)$/i.exec(given)?.[1]?.trim()
  if (key === undefined) throw missingKey()
  if (keys.length > 0 && !keys.includes(key)) throw wrongKey(key)
}
