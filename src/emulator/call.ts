// A request as its behaviour sees it. Nothing is read, decoded or allocated before the behaviour asks for it.
import type { ServerResponse } from 'node:http'
import type { Call } from './behaviour.ts'
import { parseJson, readAll } from './body.ts'
import type { RequestBody } from './body.ts'
import type { Target } from './dispatch.ts'
import { invalid, unsupportedContentType } from './errors.ts'
import { readForm } from './form.ts'
import { bodyFacts, formFacts } from './journal.ts'
import type { JournalEntry } from './journal.ts'
import type { Platform } from './platform.ts'
import { createQuery } from './query.ts'

type CallOptions = {
  readonly platform: Platform
  readonly target: Target
  readonly requestId: string
  readonly request: RequestBody
  readonly response: ServerResponse
  readonly path: string
  readonly rawQuery: string
  /** Told of the body once it is read. */
  readonly onBody: (facts: Partial<JournalEntry>) => void
}

export function createCall({ platform, target, requestId, request, response, path, rawQuery, onBody }: CallOptions): Call {
  let left: AbortController | undefined
  return {
    platform,
    row: target.row,
    requestId,
    method: request.method ?? 'GET',
    path,
    param: (name) => decodeParam(target.params[name] ?? ''),
    query: createQuery(rawQuery),
    header: (name) => {
      const value = request.headers[name]
      return Array.isArray(value) ? value.join(', ') : value
    },
    isForm: isForm(request),
    json: async () => {
      const body = await readAll(request)
      const contentType = request.headers['content-type'] ?? ''
      if (body.length > 0 && !jsonType.test(contentType)) throw unsupportedContentType(contentType, 'application/json')
      const value = parseJson(body)
      onBody(bodyFacts(value, body.length))
      return value
    },
    form: async () => {
      if (!isForm(request)) throw unsupportedContentType(request.headers['content-type'] ?? '', 'multipart/form-data')
      const form = await readForm(request, platform.blobs)
      onBody(formFacts(form.fields, form.files))
      return form
    },
    raw: async () => {
      const body = await readAll(request)
      onBody({ bodyBytes: body.length })
      return body
    },
    get signal() {
      if (left === undefined) {
        const controller = (left = new AbortController())
        // `close` comes after success too; only an unfinished answer means that the client has left.
        const onClose = (): void => {
          if (!response.writableFinished) controller.abort()
        }
        if (response.closed) onClose()
        else response.once('close', onClose)
      }
      return left.signal
    },
  }
}

const jsonType = /^application\/(?:json|[\w.-]+\+json)\b/i
const isForm = (request: RequestBody): boolean => /^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '')

function decodeParam(raw: string): string {
  if (!raw.includes('%')) return raw
  try {
    return decodeURIComponent(raw)
  } catch {
    throw invalid('Malformed percent-encoding in the URL.')
  }
}
